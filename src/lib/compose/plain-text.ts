import { z } from 'zod';

/** Line ends of every kind become `\n`; nodemailer writes them as CRLF. A lone CR would end a line for some servers only. */
const oneKindOfLineEnd = (text: string): string => text.replace(/\r\n?|[\u2028\u2029\u0085]/g, '\n');

// Tab and line feed are text; what else there is below the blank is none (RFC 5322 section 3.5), and a NUL ends the mail.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;
const everyControl = new RegExp(controls, 'g');

/**
 * A text of a stranger, or one that was stored, fit to be sent. nodemailer encodes a lone CR no more than it does a line end;
 * with one on either side of a dot, servers that take it for a line end would see the end of the message and read what
 * follows as commands (SMTP smuggling, CVE-2023-51764 and its like).
 */
export const cleanText = (text: string): string => oneKindOfLineEnd(text).replace(everyControl, '').toWellFormed();

/** A text of several lines as it may be sent. */
export const sendableText = (longest: number) =>
  z
    .string()
    .max(longest)
    .transform(oneKindOfLineEnd)
    .refine((text) => !controls.test(text), 'Contains a control character.')
    .transform((text) => text.toWellFormed());

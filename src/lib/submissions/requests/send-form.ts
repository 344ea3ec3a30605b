import type { FormFields } from '../../http/multipart.ts';

/** Fields that are lists in JSON, however often they stand in the form. */
const lists = new Set(['attachments']);
/** Fields that hold JSON: objects, which a form cannot have otherwise. */
const objects = new Set(['attachments', 'listUnsubscribe']);
const truths = new Set(['bulk', 'dryRun', 'close']);
const numbers = new Set(['expiresIn', 'base']);

/**
 * The texts of a form as the JSON body of POST mailboxes/{id}/send. A form field is always a text, so `true`, `3600` and
 * objects in JSON are read as what they are; what cannot be read so stays a text, and is refused by the schema with its name.
 * A blank field counts as one that is not there, since forms send every input, except where blank means something.
 */
export function jsonOfForm(fields: FormFields): Record<string, unknown> {
  const body: Record<string, unknown> = Object.create(null);
  for (const [name, value] of Object.entries(fields)) {
    const values = typeof value === 'string' ? [value] : value;
    const read = values.filter((text) => meansSomething(name, text)).map((text) => parsedText(name, text));
    if (read.length > 0) body[name] = lists.has(name) || read.length > 1 ? read : read[0];
  }
  return body;
}

/** A blank signature is none, where the mailbox has one. */
const meansSomething = (name: string, text: string): boolean => name === 'signature' || text.trim() !== '';

function parsedText(name: string, text: string): unknown {
  if (truths.has(name) && /^(true|false)$/.test(text)) return text === 'true';
  if (numbers.has(name) && /^\d{1,9}$/.test(text)) return Number(text);
  if (!objects.has(name)) return text;
  try {
    const parsed: unknown = JSON.parse(text);
    return parsed;
  } catch {
    return text;
  }
}

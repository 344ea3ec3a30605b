import type { Attachment as Part } from 'postal-mime';
import type { BounceInfo } from '../domain/message.ts';
import { textOf } from './part-text.ts';
import { isDeliveryStatus, isReturnedMail } from './structure.ts';

/** The report of a mail that did not arrive, or is late (RFC 3464); undefined if there is none. */
export function bounceOf(parts: readonly Part[]): BounceInfo | undefined {
  const report = parts.find((part) => isDeliveryStatus(part.mimeType));
  if (report === undefined) return undefined;
  // One block about the message, then one for each recipient (section 2.1).
  const blocks = textOf(report)
    .split(/\r?\n[ \t]*\r?\n/)
    .map(fieldsOf);
  const recipients = blocks.filter((block) => block.has('action') || block.has('final-recipient'));
  const told = recipients.find((block) => block.get('action')?.toLowerCase() === 'failed') ?? recipients[0];
  if (told === undefined) return undefined;
  const diagnostic = told.get('diagnostic-code');
  const original = originalMessageId(parts);
  return {
    action: (told.get('action') ?? 'failed').toLowerCase(),
    status: /[245]\.\d{1,3}\.\d{1,3}/.exec(told.get('status') ?? '')?.[0] ?? '',
    recipient: address(told.get('final-recipient') ?? told.get('original-recipient') ?? ''),
    ...(diagnostic === undefined
      ? {}
      : { diagnostic: afterType(diagnostic).slice(0, longestDiagnostic).toWellFormed() }),
    ...(original === undefined ? {} : { originalMessageId: original }),
  };
}

const longestDiagnostic = 1_000;

function originalMessageId(parts: readonly Part[]): string | undefined {
  const returned = parts.find((part) => isReturnedMail(part.mimeType));
  if (returned === undefined) return undefined;
  const id = fieldsOf(textOf(returned).split(/\r?\n\r?\n/, 1)[0] ?? '').get('message-id');
  return id === undefined || id === '' ? undefined : id;
}

/** `name: value` lines with their folding undone, the first of each name. */
function fieldsOf(block: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of block.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/)) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).trim().toLowerCase();
    if (colon > 0 && !fields.has(name)) fields.set(name, line.slice(colon + 1).trim());
  }
  return fields;
}

/** `rfc822; ada@contoso.example` and `smtp; 550 5.1.1 …`: the part after the type (RFC 3464 section 2.1.2). */
const afterType = (value: string): string => value.slice(value.indexOf(';') + 1).trim();

const address = (value: string): string => afterType(value).replace(/^<|>$/g, '');

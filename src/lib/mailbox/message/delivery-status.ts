import type { BouncedRecipient } from '../../domain/mail/message.ts';
import { statusField, statusIn } from './status-code.ts';

/** What a delivery status says (RFC 3464). */
export interface DeliveryStatus {
  /** Those whom the mail did not reach, or not yet; receipts are left out. */
  readonly recipients: readonly BouncedRecipient[];
  /** True if it speaks of recipients at all. */
  readonly speaks: boolean;
  /** Message-ID of the mail that it is about, which Gmail and others tell beside or in place of the mail itself. */
  readonly originalMessageId: string | undefined;
}

/** Reads the text of a message/delivery-status part: one block about the message, then one for each recipient (section 2.1). */
export function deliveryStatusOf(text: string): DeliveryStatus {
  const blocks = text.split(/\r?\n[ \t]*\r?\n/).map(fieldsOf);
  const told = blocks.filter((block) => block.has('action') || block.has('final-recipient'));
  const ids = blocks.map((block) => block.get('x-original-message-id') ?? block.get('original-message-id'));
  return {
    recipients: told.flatMap(recipientOf),
    speaks: told.length > 0,
    originalMessageId: ids.find((id) => id !== undefined && id !== ''),
  };
}

function recipientOf(block: ReadonlyMap<string, string>): BouncedRecipient[] {
  const action = actionOf(block.get('action'), block.get('status') ?? '');
  if (action === undefined) return [];
  const address = [block.get('final-recipient'), block.get('original-recipient')]
    .map((value) => addressIn(value ?? ''))
    .find((each) => each !== '');
  const diagnostic = block.get('diagnostic-code');
  const status = statusField(block.get('status') ?? '');
  // `5.0.0` says no more than that it failed (RFC 3463 section 3.1); the other server may have said why.
  const isVague = status === '' || status.endsWith('.0.0');
  const said = isVague ? statusIn(diagnostic ?? '') : '';
  return [
    {
      recipient: address ?? '',
      action,
      status: said === '' ? status : said,
      ...(diagnostic === undefined ? {} : { diagnostic: shortDiagnostic(afterType(diagnostic)) }),
    },
  ];
}

/** Undefined for what arrived, or was handed on to a server that tells no more (`delivered`, `relayed`, `expanded`, …). */
function actionOf(told: string | undefined, status: string): string | undefined {
  const word = /^[a-z]+/.exec(told?.trim().toLowerCase() ?? '')?.[0];
  if (word !== undefined && receipts.has(word)) return undefined;
  if (/^\s*2\./.test(status) && word !== 'failed') return undefined;
  return word !== undefined && /^(delay|defer|transient|retr)/.test(word) ? 'delayed' : 'failed';
}

/** Section 2.3.3; X.400 gateways and old servers have more of them. */
const receipts = new Set(['delivered', 'relayed', 'expanded', 'deliverable', 'transferred', 'forwarded', 'displayed']);

/** `name: value` lines with their folding undone, the first of each name. */
export function fieldsOf(block: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of block.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/)) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).trim().toLowerCase();
    if (colon > 0 && !fields.has(name)) fields.set(name, line.slice(colon + 1).trim());
  }
  return fields;
}

const longestDiagnostic = 1_000;

export const shortDiagnostic = (text: string): string => text.slice(0, longestDiagnostic).toWellFormed();

/** `rfc822; ada@contoso.example` and `smtp; 550 5.1.1 …`: the part after the type (section 2.1.2). */
const afterType = (value: string): string => value.slice(value.indexOf(';') + 1).trim();

const addressIn = (value: string): string => afterType(value).replace(/^<|>$/g, '');

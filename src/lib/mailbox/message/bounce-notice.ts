import type { BouncedRecipient } from '../../domain/mail/message.ts';
import { delayWords, failureWords, finalWords, receiptWords, returnedMark } from './bounce-words.ts';
import { shortDiagnostic } from './delivery-status.ts';
import { statusIn } from './status-code.ts';

/** What a mail server says in plain words. */
export interface Notice {
  readonly recipients: readonly BouncedRecipient[];
  /** True if it tells a reply of another server: no person writes one down. */
  readonly replies: boolean;
  /** True if it says of them by themselves what became of the mail, not somewhere in a sentence. */
  readonly listed: boolean;
  /** What it says without naming a recipient. */
  readonly about: Omit<BouncedRecipient, 'recipient'>;
  /** The text of the mail that came back, as far as it stands below the words. */
  readonly returned: string;
  /** True if the words come first, before anything that a person could have written. */
  readonly atOnce: boolean;
}

export interface NoticeOf {
  readonly subject: string;
  readonly text: string;
  /** Recipients that a header names (X-Failed-Recipients of Exim and Gmail). */
  readonly named: readonly string[];
  /** Who writes and whom it is written to: they are in the text, and did not fail. */
  readonly parties: readonly string[];
}

// The words about the failure stand first; what follows is the mail that came back.
const mostCharacters = 32 * 1024;
const mostReturned = 32 * 1024;
const mostLines = 1_000;
// Four lines of a screen: a person who quotes a report says why before it.
const soon = 400;

/**
 * Reads the words of a server that writes no delivery status, or one without recipients; undefined if they report
 * neither failure nor delay.
 */
export function noticeOf({ subject, text, named, parties }: NoticeOf): Notice | undefined {
  const beginning = text.slice(0, mostCharacters + mostReturned);
  const { lines, returned } = divide(beginning.slice(0, mostCharacters));
  const words = plainWords(`${subject} ${lines.join(' ')}`);
  const delayAt = firstOf(delayWords, words);
  // A header that names failed recipients means a failure, in any language of the text.
  const failureAt = firstOf(failureWords, words) ?? (named.length > 0 && delayAt === undefined ? 0 : undefined);
  if (failureAt === undefined && delayAt === undefined) return undefined;
  const isReceipt = firstOf(receiptWords, words.slice(0, soon)) !== undefined;
  const isFinal = firstOf(finalWords, words) !== undefined;
  if (isReceipt && (failureAt ?? soon) >= soon && !isFinal) return undefined;
  const action = delayAt !== undefined && !isFinal ? 'delayed' : 'failed';

  const known = new Set(parties.map((party) => party.toLowerCase()));
  // A mail to oneself comes back too. Without it beside, these are words about the reader's own mailbox.
  const others = recipientsIn(lines, named, known);
  const { found, listed } = others.found.length > 0 || returned === '' ? others : recipientsIn(lines, named, new Set());
  const reasonOf = reasonsIn(lines);
  const status = statusIn(lines.join('\n'));
  const only = found.length === 1 ? status : '';
  return {
    recipients: found.map((recipient) => {
      const diagnostic = reasonOf(recipient);
      const own = statusIn(diagnostic);
      return {
        recipient,
        action,
        status: own === '' ? only : own,
        ...(diagnostic === '' ? {} : { diagnostic }),
      };
    }),
    replies: status !== '' || reply.test(words),
    listed,
    about: { action, status },
    returned: returned + beginning.slice(mostCharacters),
    atOnce: Math.min(failureAt ?? soon, delayAt ?? soon) < soon,
  };
}

/** A reply code of SMTP (RFC 5321 section 4.2) with words after it. */
const reply = /(?:^|[\s:(])[45][0-5]\d[ -][a-z<"']/;

/** The lines about the failure, and what stands below them of the mail that came back. */
function divide(text: string): { readonly lines: readonly string[]; readonly returned: string } {
  const lines = text.split(/\r?\n/);
  const isMark = (line: string) => {
    const words = plainWords(line.slice(0, 200)).trim();
    return words !== '' && returnedMark.some((mark) => mark.test(words));
  };
  const said = lines.findIndex((line) => line.trim() !== '');
  const end = lines.findIndex((line, index) => index > said && isMark(line));
  const cut = end < 0 ? lines.length : end;
  return { lines: lines.slice(0, Math.min(cut, mostLines)), returned: lines.slice(cut).join('\n') };
}

const plainWords = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[\u2018\u2019\u02bc]/g, "'")
    .replace(/\s+/g, ' ');

function firstOf(words: readonly RegExp[], text: string): number | undefined {
  const places = words.map((word) => word.exec(text)?.index).filter((at) => at !== undefined);
  return places.length === 0 ? undefined : Math.min(...places);
}

const address = /[^\s<>()[\]{}",;:'`=|\\*@]{1,64}@[\p{L}\p{N}](?:[\p{L}\p{N}.-]{0,250}[\p{L}\p{N}])?/u;
export const everyAddress = new RegExp(address.source, 'gu');
/** A line that begins with a recipient, after any decoration, and then at most its reason. */
const leading = new RegExp(
  `^[\\s>*•+-]*(?:\\d{1,3}[.)]\\s+)?(?:"[^"]{0,200}"\\s*)?(?:mailto:)?[<("'\\[]?(${address.source})[>)"'\\]]?(?=$|[\\s:;,.…(<-])(.*)$`,
  'u',
);
/** A word that says who is meant, and the recipient after it. */
const labelled = new RegExp(
  '(?:recipients?|recipient\\(s\\)|addressee|user(?:id|name)?|mailbox|account|address(?:es)?|address\\(es\\)|error-for|' +
    'rcpt to|(?:generated|expanded) from|failed|undeliverable to|deliver(?:ed|y)? (?:your )?(?:message|mail|email)? ?to|attempts|addressed to|' +
    `message to|mail to|empf[äa]nger|destinataires?|destinatari[oa]s?|получател[а-я]*|收件人|宛先|수신자)[\\s:"'<(]{1,5}(${address.source})`,
  'giu',
);
/** What Sendmail shows of its talk with the other server: `550 5.1.1 <ada@x.example>... User unknown`. */
const transcript = new RegExp(
  `^[\\s<>]*[45]\\d\\d[ -](?:[45]\\.\\d{1,3}\\.\\d{1,3} )?<?(${address.source})>?\\.\\.\\.`,
  'u',
);
/** Contacts, senders and subjects are given with addresses, too. */
const beside =
  /\b(contact|help|assistance|support|write to|reply to|questions?|from|sender|sent by|mail from|helo|message-id|message id|return-path|cc|subject|generated by|on behalf of)\b[^@]{0,80}$/i;
const besideCharacters = 120;
const helpers = /^(postmaster|abuse|support|help|helpdesk|hostmaster|mailer-daemon|noreply|no-reply)@/i;

interface Recipients {
  readonly found: readonly string[];
  readonly listed: boolean;
}

/** The surest way of naming that is in use: in a list, after a word for recipients, anywhere. */
function recipientsIn(lines: readonly string[], named: readonly string[], parties: ReadonlySet<string>): Recipients {
  if (named.length > 0) return { found: unique(named), listed: true };
  const isOther = (each: string) => !parties.has(each.toLowerCase()) && !helpers.test(each);
  for (const look of [ledBy, labelledIn, mentionedIn]) {
    const found = unique(lines.flatMap(look)).filter(isOther);
    if (found.length > 0) return { found, listed: look !== mentionedIn };
  }
  return { found: [], listed: false };
}

const ledBy = (line: string): string[] => {
  const match = leading.exec(line);
  return match === null ? [] : withOthers(line, match[1] ?? '', 0).found;
};

function labelledIn(line: string): string[] {
  const found: string[] = [];
  // What stands in a list that was read is not looked at as the beginning of another.
  let read = 0;
  for (const { 1: first, index } of line.matchAll(labelled)) {
    if (first === undefined || index < read) continue;
    const list = withOthers(line, first, index);
    found.push(...list.found);
    read = list.end;
  }
  const told = transcript.exec(line)?.[1];
  return told === undefined ? found : [...found, told];
}

/** One address, and those that follow it in a list: `gone@x.example, <lost@x.example> and third@x.example`. */
function withOthers(line: string, first: string, from: number): { readonly found: string[]; readonly end: number } {
  const found = [first];
  let end = line.indexOf(first, from) + first.length;
  next.lastIndex = end;
  for (let match = next.exec(line); match !== null; match = next.exec(line)) {
    found.push(match[1] ?? '');
    end = next.lastIndex;
  }
  return { found, end };
}

const next = new RegExp(
  `[>)"'\\]\\s]{0,3}(?:[,;]|[,;]?\\s+(?:and|und|et|y|e|en|og|och))\\s*[<("'\\[]{0,2}(${address.source})`,
  'uy',
);

const mentionedIn = (line: string): string[] =>
  [...line.matchAll(everyAddress)]
    .filter(({ index }) => !beside.test(line.slice(Math.max(0, index - besideCharacters), index)))
    .map(([found]) => found);

function unique(addresses: readonly string[]): string[] {
  const known = new Map<string, string>();
  for (const each of addresses) {
    const trimmed = each.replace(/[.-]+$/, '');
    if (!known.has(trimmed.toLowerCase())) known.set(trimmed.toLowerCase(), trimmed);
  }
  return [...known.values()];
}

const mostReasonLines = 30;
const says = /[\p{L}\p{N}]/u;

/**
 * The reason for a recipient: the rest of its line and the lines after it, up to a blank line or the next recipient;
 * where it stands alone, the paragraph after it.
 */
function reasonsIn(lines: readonly string[]): (recipient: string) => string {
  const leads = lines.map((line) => leading.exec(line));
  const led = leads.map((match) => match?.[1]?.toLowerCase());
  const first = new Map<string, number>();
  for (const [at, recipient] of led.entries()) {
    if (recipient !== undefined && !first.has(recipient)) first.set(recipient, at);
  }
  const lower = lines.map((line) => line.toLowerCase());
  return (recipient) => {
    const wanted = recipient.toLowerCase();
    const own = first.get(wanted);
    const at = own ?? lower.findIndex((line) => line.includes(wanted));
    if (at < 0) return '';
    const rest = own === undefined ? (lines[at] ?? '') : (leads[own]?.[2] ?? '').replace(/^[\s:;,.–-]+/, '');
    // Lines drawn across the page say nothing.
    const reason = says.test(rest) ? [rest] : [];
    for (let next = at + 1; next < Math.min(lines.length, at + mostReasonLines); next += 1) {
      const line = lines[next] ?? '';
      if (led[next] !== undefined && led[next] !== wanted) break;
      // `because:` announces the paragraph that tells.
      if (line.trim() === '' && reason.length > 0 && !/:\s*$/.test(reason.at(-1) ?? '')) break;
      if (says.test(line)) reason.push(line);
    }
    return shortDiagnostic(reason.join(' ').replace(/\s+/g, ' ').trim());
  };
}

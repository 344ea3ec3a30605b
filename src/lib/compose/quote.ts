import type { Address } from '../domain/mail/message.ts';
import { escapeHtml, htmlFromText } from './html-text.ts';
import type { Original } from './original.ts';
import { quotedTime, quoteWords } from './quote-words.ts';
import type { SendingMailbox } from './sending-mailbox.ts';

/** Both forms of what stands under an answer. */
export interface Quote {
  readonly text: string;
  readonly html: string;
}

type Quoted = Pick<Original, 'from' | 'to' | 'cc' | 'subject' | 'date' | 'receivedAt' | 'text'>;
type Place = Pick<SendingMailbox, 'locale' | 'timeZone'>;

/**
 * The quote of an answer: one line that says who wrote when, in the language and the time zone of the mailbox, and the
 * original: each line behind `> ` (RFC 3676 section 4.5), or as a `blockquote`.
 * @param html of the original, safe to send on; undefined where it has none
 */
export function replyQuote(original: Quoted, place: Place, html: string | undefined): Quote {
  const { words, dateLocale } = quoteWords(place.locale);
  const when = quotedTime(original.date ?? original.receivedAt, dateLocale, place.timeZone);
  const line = words.wrote(when, original.from === undefined ? '?' : shown(original.from));
  const lines = original.text.replace(/\s+$/, '').split('\n');
  const text = `${line}\n${lines.map((each) => (each.startsWith('>') ? `>${each}` : `> ${each}`.trimEnd())).join('\n')}`;
  return {
    text,
    html: `<div>${escapeHtml(line)}</div>\n<blockquote type="cite" style="margin:0 0 0 .8ex;border-left:1px solid #ccc;padding-left:1ex">${html ?? htmlFromText(original.text)}</blockquote>`,
  };
}

/** The original under a mail that passes it on: its headers, then what it says, unchanged. */
export function forwardQuote(original: Quoted, place: Place, html: string | undefined): Quote {
  const { words, dateLocale } = quoteWords(place.locale);
  const { labels } = words;
  const rows: readonly (readonly [string, string])[] = [
    [labels.from, original.from === undefined ? '' : shown(original.from)],
    [labels.date, quotedTime(original.date ?? original.receivedAt, dateLocale, place.timeZone)],
    [labels.subject, oneLine(original.subject)],
    [labels.to, original.to.map(shown).join(', ')],
    [labels.cc, original.cc.map(shown).join(', ')],
  ];
  const lines = rows.filter(([, value]) => value !== '').map(([label, value]) => `${label}: ${value}`);
  const title = `---------- ${words.forwarded} ----------`;
  return {
    text: `${title}\n${lines.join('\n')}\n\n${original.text.replace(/\s+$/, '')}`,
    html: `<div>${[title, ...lines].map(escapeHtml).join('<br>\n')}</div>\n<br>\n${html ?? htmlFromText(original.text)}`,
  };
}

const shown = ({ name, address }: Address): string =>
  oneLine(name === '' ? address : address === '' ? name : `${name} <${address}>`);

const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();

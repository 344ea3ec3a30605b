/**
 * What programs write in front of the subject of an answer or of a mail that is passed on, in many languages. Outlook
 * translates them, and each program knows its own only, so that they pile up: `AW: RE: Antw: Re: …`.
 * https://en.wikipedia.org/wiki/List_of_email_subject_abbreviations
 */
const replies = [
  ...['re', 'aw', 'antw', 'antwort', 'sv', 'vs', 'rif', 'r', 'res', 'odp', 'vá', 'ynt', 'απ', 'σχετ', 'отв', 'ответ'],
  ...['відп', 'השב', 'رد', 'پاسخ', '回复', '回覆', '答复', '答覆', '返信', '회신', '답장'],
];
const forwards = [
  ...['fw', 'fwd', 'wg', 'doorst', 'tr', 'rv', 'enc', 'vl', 'vb', 'i', 'pd', 'ilt', 'πρθ', 'пересл'],
  ...['הועבר', 'تحويل', '转发', '轉寄', '轉發', '転送', '전달'],
];

/** `Re:`, `RE[2]:`, `Re(3)：`, `AW :`. One letter alone is a prefix only with the colon right after it (`R:`, `I:`). */
const prefix = (words: readonly string[]): RegExp =>
  new RegExp(`^\\s*(?:${words.join('|')})(?:\\s?[[(]\\d{1,3}[\\])]|\\^\\d{1,3})?\\s?[:：]\\s*`, 'iu');

const reply = prefix(replies);
const forward = prefix(forwards);

const longest = 900;

/** The subject of an answer: one `Re: ` (RFC 5322 section 3.6.5), regardless of the prefix of the answered mail. */
export const replySubject = (subject: string): string => marked('Re: ', subject, reply);

/** The subject of a mail that is passed on: one `Fwd: `. */
export const forwardSubject = (subject: string): string => marked('Fwd: ', subject, forward);

function marked(mark: string, subject: string, pattern: RegExp): string {
  let rest = subject.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  for (let match = pattern.exec(rest); match !== null; match = pattern.exec(rest)) rest = rest.slice(match[0].length);
  return `${mark}${rest}`.trim().slice(0, longest).toWellFormed();
}

/**
 * The words that a person has just written: a text without what it quotes and without a signature that is marked as one
 * (RFC 3676 section 4.3, or the line of a telephone). Quotes are told by their form rather than by words of a language: a
 * block of headers as Outlook writes it, a line with a date and an address that ends with a colon, `>` before a line. When
 * in doubt, words stay.
 *
 * Of the packages for this, email-reply-parser 2.3.7 answers 69 of the 97 texts in test/corpus/replies.ts exactly, and
 * planer 1.2.0 answers 42; both take seconds to minutes for 60 KB that were made to keep them busy. This one was written
 * with that corpus at hand; of 43 texts in the tests of email-reply-parser that begin with the same reply it answers 36.
 * @param text as a mail has it, line ends of either kind
 * @returns undefined for a text of more than 20,000 lines
 */
export function replyTextOf(text: string): string | undefined {
  const lines = text.split(/\r?\n/, mostLines + 1);
  if (lines.length > mostLines) return undefined;
  const kept: string[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    if (isQuoted(line)) continue;
    const quote = quoteAt(lines, at);
    if (quote === undefined) {
      kept.push(line);
      continue;
    }
    // What is marked line by line may have answers between and below; what is not goes to the end.
    if (!isQuoted(nextOf(lines, at + quote.lines))) break;
    at += quote.lines - 1;
  }
  return tidied(withoutSignature(trimmedEnd(kept)));
}

// 40 ms on two cores; longer texts are not written by hand.
const mostLines = 20_000;

/** The lines that introduce a quote here; undefined if none begins. */
function quoteAt(lines: readonly string[], at: number): { readonly lines: number } | undefined {
  const line = short(lines[at]);
  if (line.trim() === '') return undefined;
  const isRule = isRuleWithWords(line) && (original.test(line) || isHeader(short(nextOf(lines, at + 1))));
  const block = isBlock(lines, at) || isRule;
  if (block) return { lines: 1 };
  if (isAttribution(line, nextOf(lines, at + 1))) return { lines: 1 };
  const second = short(lines[at + 1]);
  const isFolded =
    second.trim() !== '' &&
    dated.test(line) &&
    !isAttribution(second, nextOf(lines, at + 2)) &&
    isAttribution(`${line} ${second.trim()}`, nextOf(lines, at + 2));
  return isFolded ? { lines: 2 } : undefined;
}

// No pattern looks at more of a line, so that a long one costs no more.
const longestLine = 400;
const short = (line: string | undefined): string => (line ?? '').slice(0, longestLine);

const isQuoted = (line: string): boolean => /^\s{0,3}>/.test(line);

/** The next line that is not blank. */
function nextOf(lines: readonly string[], from: number): string {
  for (let at = from; at < Math.min(lines.length, from + 4); at += 1) {
    if (lines[at]?.trim() !== '') return lines[at] ?? '';
  }
  return '';
}

/** `From: …`, in any language, bold or not. */
const isHeader = (line: string): boolean =>
  /^\s{0,3}\*{0,2}\p{L}[\p{L}\p{M}'’ -]{0,24}\*{0,2}\s?[:：]\*{0,2}\s*\S/u.test(line);

/** What Outlook calls the sender in such a block, where no address tells. */
const from =
  /^\s*\*{0,2}(from|von|de|da|van|od|от|від|från|fra|frá|lähettäjä|feladó|gönderen|kimden|από|pošiljatelj|expeditor|发件人|寄件者|寄件人|差出人|送信者|보낸 사람|מאת|من)\s?[:：*]/iu;

/** A year, a time of day, or a day in numbers. */
const dated = /(^|\D)(19|20)\d\d(\D|$)|\d{1,2}[:.]\d{2}(\D|$)|\d{1,2}[./-]\d{1,2}[./-]\d{2}/;

const blockLines = 6;

/** Three or more headers in a row, the first of them a sender, one of the others a date. */
function isBlock(lines: readonly string[], at: number): boolean {
  const first = short(lines[at]);
  if (!isHeader(first) || !(from.test(first) || hasAddress(first))) return false;
  const headers: string[] = [];
  for (let next = at; next < at + blockLines && isHeader(short(lines[next])); next += 1)
    headers.push(short(lines[next]));
  return headers.length >= 3 && headers.slice(1).some((header) => dated.test(header));
}

const hasAddress = (line: string): boolean => /[<[(][^<>[\]()]{0,100}@[^<>[\]()]{1,100}[>\])]/.test(line);

/** `-----Original Message-----`, in any language. */
const isRuleWithWords = (line: string): boolean =>
  /^\s{0,3}-{2,40}\s?\p{L}[\p{L}\p{M}'’ ]{2,40}-{2,40}\s*$/u.test(line);

/** Such words where no header follows. */
const original =
  /original|origine|oprindelig|ursprünglich|forward|weitergeleitet|transféré|reenviado|inoltrato|原始|原件|转发|轉寄/iu;

/** Verbs of programs that name neither an address nor mark what they quote. */
const wrote =
  /(wrote|schrieb|a écrit|escribió|scritto|escreveu|schreef|napisał(\(a\))?|skrev|kirjoitti|пишет|написал\p{L}{0,2}|写道|寫道|작성)/iu;

/** `On Mon, 30 Nov 2026 at 10:00, Grace <grace@x.example> wrote:`, in any language. */
const isAttribution = (line: string, next: string): boolean =>
  /[:：]\s*$/.test(line) && dated.test(line) && (hasAddress(line) || wrote.test(line) || isQuoted(next));

// Of what stands behind the mark; RFC 3676 has no limit, and people draw rules.
const signatureLines = 10;

function withoutSignature(lines: readonly string[]): readonly string[] {
  let kept = lines;
  const mark = kept.findLastIndex((line) => /^--\s?$/.test(line));
  if (mark >= 0 && kept.length - mark - 1 <= signatureLines) kept = trimmedEnd(kept.slice(0, mark));
  while (kept.length > 0 && isOfTelephone(kept.at(-1) ?? '')) kept = trimmedEnd(kept.slice(0, -1));
  return kept;
}

const isOfTelephone = (line: string): boolean =>
  line.length <= 120 &&
  /^\s*(sent (from|with) (my|outlook|mail|samsung|yahoo)|get outlook for|von meinem .{1,40} gesendet|gesendet (von|mit) |outlook für .{1,20} beschaffen|envoyé (de mon|depuis|à partir)|télécharger outlook|enviado (desde|do) |obtener outlook|obter o outlook|inviato da|scarica outlook|verzonden vanaf|verstuurd vanaf|skickat från|sendt fra|wysłane z|отправлено (с|из) |发自我的|發自|从我的.{1,40}发送|從我的.{1,40}傳送|获取 ?outlook|iphoneから送信|나의 .{1,20}에서 보냄)/iu.test(
    line,
  );

/** Without blank lines at the end, and without the rule above a quote. */
function trimmedEnd(lines: readonly string[]): readonly string[] {
  const last = lines.findLastIndex((line) => line.trim() !== '' && !/^\s*_{8,}\s*$/.test(line));
  return lines.slice(0, last + 1);
}

/** Where a quote was taken out, one blank line is left. */
const tidied = (lines: readonly string[]): string =>
  lines
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();

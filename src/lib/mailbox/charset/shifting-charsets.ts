/**
 * Text in one of the charsets that switch between ASCII and two bytes for a character, all of seven bits: ISO-2022-KR
 * (RFC 1557), the simplified part of ISO-2022-CN (RFC 1922), HZ (RFC 1843); and UTF-7 (RFC 2152).
 * @returns undefined if it is none of them
 */
export function shifted(bytes: Uint8Array, charset: string): string | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  switch (charset) {
    case 'iso-2022-kr':
      return betweenShifts(text.replaceAll(`${esc}$)C`, ''), 'euc-kr');
    case 'iso-2022-cn':
      return betweenShifts(text.replaceAll(`${esc}$)A`, ''), 'gb18030');
    case 'hz-gb-2312':
      return text.replace(/~(?:\{((?:[^~\n]|~(?!\}))*)(?:~\}|$)|~|\r?\n)/gm, (mark, double?: string) => {
        if (double !== undefined) return highBits(double, 'gb18030');
        return mark === '~~' ? '~' : '';
      });
    case 'utf-7':
      return text.replace(/\+([A-Za-z0-9+/]*)-?/g, (mark, units: string) => (mark === '+-' ? '+' : utf16(units)));
    default:
      return undefined;
  }
}

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const valueOfDigit = new Map([...digits].map((digit, value) => [digit, value]));

/** UTF-16 in base64 without padding, as a run of UTF-7 has it (RFC 2152). A buffer for each run would take ten times as long. */
function utf16(base64: string): string {
  let text = '';
  let [bits, held] = [0, 0];
  for (const digit of base64) {
    bits = (bits << 6) | (valueOfDigit.get(digit) ?? 0);
    held += 6;
    if (held < 16) continue;
    held -= 16;
    text += String.fromCharCode((bits >>> held) & 0xffff);
    bits &= (1 << held) - 1;
  }
  return text;
}

const [shiftOut, shiftIn, esc] = ['\x0e', '\x0f', '\x1b'];
const runEnd = new RegExp(`[${shiftIn}\n]|$`);

/** SO begins what is two bytes wide, SI or the end of the line ends it. */
const betweenShifts = (text: string, charset: string): string =>
  text
    .split(shiftOut)
    .map((run, index) => {
      const end = run.search(runEnd);
      return index === 0 ? run : highBits(run.slice(0, end), charset) + run.slice(end);
    })
    .join('')
    .replaceAll(shiftIn, '');

// One for all: a text may shift at every character, and making one takes longer than decoding it.
const decoders = new Map<string, InstanceType<typeof TextDecoder>>();

function highBits(double: string, charset: string): string {
  const decoder = decoders.get(charset) ?? new TextDecoder(charset);
  decoders.set(charset, decoder);
  const bytes = Buffer.from(double, 'latin1');
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte > 32) bytes[at] = byte | 0x80;
  }
  return decoder.decode(bytes);
}

/** By what follows the escape character. */
const escapes: readonly (readonly [string, string])[] = [
  ...['$@', '$B', '$(@', '$(B', '$(D', '$(O', '$(Q'].map((mark) => [mark, 'iso-2022-jp'] as const),
  ['$)C', 'iso-2022-kr'],
  ['$)A', 'iso-2022-cn'],
];

/** The charset whose escape sequences are in a text of seven bits (ISO 2022), regardless of its label. */
export const escapedCharset = (text: string): string | undefined =>
  text.includes(`${esc}$`) ? escapes.find(([mark]) => text.includes(esc + mark))?.[1] : undefined;

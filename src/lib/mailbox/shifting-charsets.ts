/**
 * Text in one of the charsets that switch between ASCII and two bytes for a character, all of seven bits: ISO-2022-KR
 * (RFC 1557), the simplified part of ISO-2022-CN (RFC 1922), HZ (RFC 1843).
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
    default:
      return undefined;
  }
}

const [shiftOut, shiftIn, esc] = ['\x0e', '\x0f', '\x1b'];

/** SO begins what is two bytes wide, SI or the end of the line ends it. */
const betweenShifts = (text: string, charset: string): string =>
  text
    .split(shiftOut)
    .map((run, index) => {
      const end = run.search(new RegExp(`[${shiftIn}\n]|$`));
      return index === 0 ? run : highBits(run.slice(0, end), charset) + run.slice(end);
    })
    .join('')
    .replaceAll(shiftIn, '');

const highBits = (double: string, charset: string): string =>
  new TextDecoder(charset).decode(
    Uint8Array.from(Buffer.from(double, 'latin1'), (byte) => (byte > 32 ? byte | 0x80 : byte)),
  );

/** By what follows the escape character. */
const escapes: readonly (readonly [string, string])[] = [
  ...['$@', '$B', '$(@', '$(B', '$(D', '$(O', '$(Q'].map((mark) => [mark, 'iso-2022-jp'] as const),
  ['$)C', 'iso-2022-kr'],
  ['$)A', 'iso-2022-cn'],
];

/** The charset whose escape sequences stand in a text of seven bits (ISO 2022), whatever its label says. */
export const escapedCharset = (text: string): string | undefined =>
  text.includes(`${esc}$`) ? escapes.find(([mark]) => text.includes(esc + mark))?.[1] : undefined;

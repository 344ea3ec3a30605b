/**
 * What a charset is decoded with: a label of the WHATWG Encoding Standard, a name that iconv-lite knows, or one of the
 * shifting ones that neither does (`iso-2022-kr`, `iso-2022-cn`, `hz-gb-2312`).
 */
export type Charset = string;

/** Whether a decoder for a name exists. */
export type Knows = (name: string) => boolean;

/**
 * The charset that a label means, in the many spellings of mail programs; undefined for a label that says nothing:
 * none, ASCII, `unknown-8bit`, and unknown ones. Servers report us-ascii for a part that names no charset (RFC 2045
 * section 5.2), so both say as little.
 * @param knows asks iconv-lite
 */
export function charsetOf(label: string | undefined, knows: Knows): Charset | undefined {
  // The year of a standard, a language (RFC 2231 section 5), quotes and semicolons that were left in.
  const name = (label ?? '')
    .toLowerCase()
    .replace(/\*.*$|:(19|20)\d\d$/g, '')
    .replace(/[^a-z0-9]+/g, '');
  if (name === '' || name.length > longestName || empty.has(name)) return undefined;
  for (const [pattern, charset] of spellings) {
    const match = pattern.exec(name);
    if (match === null) continue;
    const meant = charset.replace('#', match[1] ?? '');
    if (isStandard(meant) || shifting.has(meant) || knows(meant)) return meant;
  }
  if (isStandard(name)) return name;
  return !encodings.has(name) && knows(name) ? name : undefined;
}

const longestName = 40;

const empty = new Set(
  [
    'usascii',
    'ascii',
    'ansix341968',
    'ansix341986',
    'iso646us',
    'iso646irv',
    'unknown8bit',
    'unknown',
    'xunknown',
  ].concat([
    'xuserdefined',
    '7bit',
    '8bit',
    'binary',
    'default',
    'charset',
    'none',
    'null',
    'undefined',
    'ansi',
    'replacement',
  ]),
);

// What iconv-lite calls an encoding and is no charset.
const encodings = new Set(['base64', 'hex', 'binary', 'internal', 'ascii8bit', 'utf7imap']);

/** Neither Node nor iconv-lite reads them, or only slowly; see shifting-charsets.ts. */
export const shifting = new Set(['iso-2022-kr', 'iso-2022-cn', 'hz-gb-2312', 'utf-7']);

/** By the label without its punctuation, the first that fits and exists. */
const spellings: readonly (readonly [RegExp, Charset])[] = [
  // utf8mb4, utf-8-sig, iso-10646/utf8, x-unicode-2-0-utf-8, "utf-8;"
  [/utf8/, 'utf-8'],
  [/utf7/, 'utf-7'],
  [/utf16(be|le)/, 'utf-16#'],
  [/utf16|^iso10646ucs2$|^(?:cs)?ucs2$/, 'utf-16'],
  [/utf32(be|le)/, 'utf-32#'],
  [/utf32|ucs4/, 'utf-32'],
  [/^(?:x|cs)*iso2022kr/, 'iso-2022-kr'],
  [/^(?:x|cs)*iso2022cn/, 'iso-2022-cn'],
  [/^(?:x|cs)*hzgb2312$|^hz$/, 'hz-gb-2312'],
  [/^(?:x|cs)*iso2022jp|^junet$|^(?:cp|windows)5022[0-2]$|^jis$/, 'iso-2022-jp'],
  [/eucjp|cp51932|eucpkdfmtjapanese|^ujis$/, 'euc-jp'],
  [/s(?:hift)?jis|31j$|mskanji|^(?:x|cs)*(?:cp|ms|windows|ibm)9(?:32|43)c?$/, 'shift_jis'],
  [/euckr|ksc56011|ksc5601|^korean$|^uhc$|^(?:x|cs)*(?:cp|ms|windows)949$/, 'euc-kr'],
  [/gb18030|gb2312|gbk|euccn|^chinese$|^(?:x|cs)*(?:cp|ms|windows)(?:936|54936)$/, 'gb18030'],
  [/big5|^(?:x|cs)*(?:cp|ms|windows)950$/, 'big5'],
  [/tis620|^(?:x|cs)*(?:cp|windows|dos)?874$|8859(?:p)?11$/, 'windows-874'],
  [/^(?:x|cs)*(?:windows|win|cp|ms|mswin|microsoftcp|ansi)?0*(125[0-8])$/, 'windows-#'],
  [/^(?:x|cs)*(?:iso)?(?:ir\d+)?8859p?(\d{1,2})[ei]?$/, 'iso-8859-#'],
  [/^(?:x|cs)*(?:iso)?latin1$|^l1$|^(?:cp|ibm)819$/, 'windows-1252'],
  [/^(?:iso)?latin9$/, 'iso-8859-15'],
  [/^(?:iso)?latin10$/, 'iso-8859-16'],
  [/^(?:x|cs)*(koi8)r?$/, 'koi8-r'],
  [/^(?:x|cs)*koi8r?u$/, 'koi8-u'],
  [/^(?:x|cs)*mac(?:intosh|roman)?$/, 'macintosh'],
  [/^(?:x|cs)*mac(?:cyrillic|ukrain(?:e|ian))$/, 'x-mac-cyrillic'],
  [/^(?:x|cs)*mac(?:ce|centraleurope|centraleurroman)$/, 'maccenteuro'],
  [/^(?:x|cs)*(mac[a-z]+)$/, '#'],
  // Code pages of DOS: ibm850, cp00858, PC-Multilingual-850+euro
  [/^pcmultilingual850euro$/, 'cp858'],
  [/^(?:x|cs)*(?:ibm|cp|dos|oem|pc|ccsid|codepage|pcmultilingual)*0*(\d{3,4})(?:latin1)?$/, 'cp#'],
];

const decoders = new Map<string, InstanceType<typeof TextDecoder> | undefined>();

/** Node's own decoder, made once for each name; undefined if it has none of that name. */
export function standardDecoder(name: string): InstanceType<typeof TextDecoder> | undefined {
  if (decoders.has(name)) return decoders.get(name);
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  try {
    decoder = new TextDecoder(name);
  } catch {
    // It has not; iconv-lite may.
  }
  if (decoders.size < mostNames) decoders.set(name, decoder);
  return decoder;
}

// Mails can make up as many as they like.
const mostNames = 500;

const isStandard = (name: string): boolean => standardDecoder(name) !== undefined;

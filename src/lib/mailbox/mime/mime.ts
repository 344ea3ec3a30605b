import type { Email, Header } from 'postal-mime';

let loading: Promise<typeof import('postal-mime')> | undefined;

/** Loaded at the first mail; a dynamic import costs as much as parsing a small header, so it is not repeated. */
export const loadPostalMime = () => {
  loading ??= import('postal-mime');
  return loading;
};

/**
 * postal-mime on bytes of our own; undefined where it gives up. Messages inside the message stay closed: they are files.
 */
export async function parseMime(bytes: Uint8Array): Promise<Email | undefined> {
  const { default: PostalMime } = await loadPostalMime();
  try {
    // What came in is within the cap, so its headers need no limit of their own.
    return await PostalMime.parse(bytes, { forceRfc822Attachments: true, maxHeadersSize: bytes.length + 1 });
  } catch {
    // The caller falls back to less and names in `truncated` what is missing.
    return undefined;
  }
}

/**
 * The headers of a block, which needs no end, in the form of {@link parseMime}: that would parse all addresses in them,
 * too, which are not needed, and which a hostile sender can make take half a second.
 */
export async function parseHeaders(block: Uint8Array): Promise<Email> {
  const headers = headersIn(new TextDecoder('utf-8', { ignoreBOM: true }).decode(block));
  const { decodeWords } = await loadPostalMime();
  const subject = headers.find(({ key }) => key === 'subject')?.value ?? '';
  return { headers, headerLines: [], attachments: [], ...(subject === '' ? {} : { subject: decodeWords(subject) }) };
}

/** Headers up to the first empty line. Folding is undone, the white space that it stood before stays (RFC 5322 section 2.2.3). */
function headersIn(block: string): Header[] {
  const folded: string[][] = [];
  for (const line of block.split('\n')) {
    const text = trimmed(line, '', '\r');
    if (text === '') break;
    if (folded.length > 0 && /^[ \t]/.test(text)) folded.at(-1)?.push(text);
    else folded.push([text]);
  }
  return folded.map((lines) => {
    const header = lines.join('');
    const colon = header.indexOf(':');
    const originalKey = withoutBlanks(colon < 0 ? header : header.slice(0, colon));
    const value = colon < 0 ? '' : withoutBlanks(header.slice(colon + 1).replaceAll(/\r+/g, ' '));
    return { key: originalKey.toLowerCase(), originalKey, value };
  });
}

/** Only what may stand around a name or a value: another kind of space makes it another name. */
const withoutBlanks = (text: string): string => trimmed(text, ' \t', ' \t');

function trimmed(text: string, atStart: string, atEnd: string): string {
  let [start, end] = [0, text.length];
  while (start < end && atStart.includes(text.charAt(start))) start += 1;
  while (end > start && atEnd.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

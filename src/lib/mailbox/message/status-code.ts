/**
 * The enhanced status code (RFC 3463) that a text of a mail server tells, `''` if there is none. What stands right after
 * a reply code (`550 5.1.1`) or is marked as one (`#5.1.1`, `Status: 5.1.1`) goes before any other; a piece of an IP
 * address, of a host name or of a version is none.
 */
export function statusIn(text: string): string {
  const start = text.slice(0, mostCharacters);
  for (const pattern of patterns) {
    const found = pattern.exec(start)?.[1];
    if (found !== undefined) return found;
  }
  return '';
}

const mostCharacters = 4 * 1024;

// Class 2 is success, and no report of a failure tells it.
const marked = '([45]\\.\\d{1,3}\\.\\d{1,3})(?![\\w-]|\\.\\d)';
const patterns = [
  new RegExp(`(?<![\\w.])[45]\\d\\d[ -]{1,3}#?${marked}`),
  new RegExp(`(?:#|status(?: code)?\\s{0,3}[:=]?|error[_ ]code\\s{0,3}[:=]?)\\s{0,3}${marked}`, 'i'),
  // Not part of a longer number: the subjects of RFC 3463 go to 7. Servers state their versions in the same form.
  /(?<![\w.[/-]|(?:mdaemon|exim|postfix|sendmail|qmail|exchange|server|esmtp|version|release) )([45]\.[0-7]\.\d{1,3})(?![\w-]|\.\d)/i,
];

/** The code in the Status field of a report (RFC 3464 section 2.3.4). */
export const statusField = (value: string): string => /^\D*([245]\.\d{1,3}\.\d{1,3})(?!\.?\d)/.exec(value)?.[1] ?? '';

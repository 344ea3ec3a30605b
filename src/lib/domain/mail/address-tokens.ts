export type AddressTokenKind =
  | 'text'
  | 'quoted'
  | 'word'
  | 'angle'
  | 'address'
  | 'comment'
  | 'comma'
  | 'semicolon'
  | 'colon';

export interface AddressToken {
  readonly kind: AddressTokenKind;
  readonly text: string;
}

// An address has at most 320 characters (RFC 3696 erratum 1690); its route and comments some more.
const longestAngle = 1_000;
// RFC 5321 section 4.5.3.1.1.
const longestLocal = 64;
const encodedWord = /=\?[^?\s]{1,60}\?[bq]\?[^?]*\?=/iy;
const plain = /[^"(<>,;:=@[]+/y;
const domain = /[^\s,;<>()"]*/y;
const domainLiteral = /@\[[^\]\s<>"]{1,100}\]/y;

/**
 * Cuts an address header into what RFC 5322 section 3.2 knows: text, quoted strings, comments, brackets, separators; and
 * encoded words (RFC 2047), in which programs leave commas. A quoted string before an `@` is an address together with
 * its domain. What is opened and never closed is text.
 */
export function addressTokens(header: string): AddressToken[] {
  const tokens: AddressToken[] = [];
  const push = (kind: AddressTokenKind, text: string) => {
    const last = tokens.at(-1);
    if (kind === 'text' && last?.kind === 'text') tokens[tokens.length - 1] = { kind, text: last.text + text };
    else tokens.push({ kind, text });
  };
  const match = (pattern: RegExp, at: number): string => {
    pattern.lastIndex = at;
    return pattern.exec(header)?.[0] ?? '';
  };
  let nextClose = header.indexOf('>');
  let stray: number | undefined;
  // Once one of them is found not to end, none of those after it is looked at: that would take time without end.
  let quotesEnd = true;
  let commentsEnd = true;

  for (let at = 0; at < header.length; ) {
    const sign = header[at] ?? '';
    let taken = 1;
    if (sign === '"' && quotesEnd) {
      const end = endOfQuotes(header, at, header.length);
      quotesEnd = end !== undefined;
      const content = header.slice(at + 1, end).replace(/\\([\s\S])/g, '$1');
      if (end === undefined || at === stray) push('text', ' ');
      else if (header[end + 1] === '@' && content.length > longestLocal) {
        // Programs that fold lists by hand leave stray quotation marks; what is between them is not one name.
        stray = end;
        push('text', ' ');
      } else if (header[end + 1] === '@') {
        const host = match(domain, end + 2);
        push('address', `${header.slice(at, end + 1)}@${host}`);
        taken = end + 2 + host.length - at;
      } else {
        push('quoted', content);
        taken = end + 1 - at;
      }
    } else if (sign === '(' && commentsEnd) {
      const end = endOfComment(header, at);
      commentsEnd = end !== undefined;
      if (end === undefined) push('text', sign);
      else {
        push('comment', header.slice(at + 1, end).replace(/\\([\s\S])/g, '$1'));
        taken = end + 1 - at;
      }
    } else if (sign === '<') {
      if (nextClose >= 0 && nextClose < at) nextClose = header.indexOf('>', at);
      const content = angleAt(header, at, nextClose);
      if (content === undefined) push('text', ' ');
      else push('angle', content);
      taken = content === undefined ? 1 : content.length + 2;
    } else if (sign === '>') push('text', ' ');
    else if (sign === ',') push('comma', sign);
    else if (sign === ';') push('semicolon', sign);
    else if (sign === ':') push('colon', sign);
    else {
      const piece =
        (sign === '=' && match(encodedWord, at)) ||
        (sign === '@' && match(domainLiteral, at)) ||
        match(plain, at) ||
        sign;
      // An encoded word that is the local part of an address stays as it is.
      const isWord = piece.startsWith('=?') && piece.length > 2 && header[at + piece.length] !== '@';
      push(isWord ? 'word' : 'text', piece);
      taken = piece.length;
    }
    at += taken;
  }
  return tokens;
}

/** Where quotes that open at `at` end, or undefined. */
function endOfQuotes(text: string, at: number, limit: number): number | undefined {
  for (let end = at + 1; end < limit; end += 1) {
    if (text[end] === '\\') end += 1;
    else if (text[end] === '"') return end;
  }
  return undefined;
}

/** Where a comment ends that opens at `at`; comments may nest (RFC 5322 section 3.2.2). */
function endOfComment(text: string, at: number): number | undefined {
  let depth = 0;
  for (let end = at; end < text.length; end += 1) {
    if (text[end] === '\\') end += 1;
    else if (text[end] === '(') depth += 1;
    else if (text[end] === ')') {
      depth -= 1;
      if (depth === 0) return end;
    }
  }
  return undefined;
}

/** What stands between `<` and `>`; undefined where the bracket is never closed. */
function angleAt(header: string, at: number, nextClose: number): string | undefined {
  const limit = Math.min(header.length, at + longestAngle);
  if (nextClose < 0 || nextClose >= limit) return undefined;
  let end = at + 1;
  while (end < limit && header[end] !== '>') {
    const closing = header[end] === '"' ? endOfQuotes(header, end, limit) : end;
    // An odd quotation mark: the first bracket ends it then.
    if (closing === undefined) return header.slice(at + 1, nextClose);
    end = closing + 1;
  }
  return header.slice(at + 1, end < limit ? end : nextClose);
}

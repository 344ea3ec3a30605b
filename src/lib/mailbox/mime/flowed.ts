/**
 * A text in format=flowed with its paragraphs on one line each (RFC 3676 section 4): a line that ends with a space
 * continues
 * in the next, if that is quoted as deep. Quotes keep their marks, once for each paragraph; the line that begins a
 * signature stands alone.
 * @param delSp whether the space at the end of a line belongs to the format (DelSp=yes)
 */
export function unflowed(text: string, delSp: boolean): string {
  const paragraphs: string[] = [];
  let pieces: string[] = [];
  let depth = 0;
  const end = (): void => {
    if (pieces.length === 0) return;
    const content = pieces.join('');
    const marks = '>'.repeat(depth);
    const whole = depth === 0 || content === '' ? marks + content : `${marks} ${content}`;
    paragraphs.push(content === signature ? whole : whole.trimEnd());
    pieces = [];
  };

  for (const line of text.split(/\r?\n/)) {
    const quotes = quoteMarks(line);
    // A space in front is there so that the line begins neither with a mark nor with "From" (section 4.4).
    const content = line.slice(line[quotes] === ' ' ? quotes + 1 : quotes);
    // An empty line is one, also behind a line that some program has ended with a space too many.
    if (quotes !== depth || content === signature || content === '') end();
    depth = quotes;
    const goesOn = content.endsWith(' ') && content !== signature;
    pieces.push(goesOn && delSp ? content.slice(0, -1) : content);
    if (!goesOn) end();
  }
  end();
  return paragraphs.join('\n');
}

const signature = '-- ';

function quoteMarks(line: string): number {
  let count = 0;
  while (line[count] === '>') count += 1;
  return count;
}

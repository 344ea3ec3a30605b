import stringWidth from 'string-width';

/** Rows as columns of even width, for people; a Chinese character takes two places. Nothing for no rows. */
export function tableLines(heads: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [heads.map((head) => head.toUpperCase()), ...rows.map((row) => row.map(oneLine))];
  const widths = heads.map((_, column) => Math.max(...all.map((row) => stringWidth(row[column] ?? ''))));
  return all.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - stringWidth(cell)))
      .join('  ')
      .trimEnd(),
  );
}

/** What a name or label brings must not move the cursor or begin a line. */
const oneLine = (text: string): string => text.replace(/\p{Cc}+/gu, ' ');

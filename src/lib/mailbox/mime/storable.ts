/** Neither NUL, which PostgreSQL refuses, nor half a surrogate pair, which JSON cannot carry, nor blank lines at the end. */
export const storable = (text: string): string => text.replaceAll('\0', '').toWellFormed().trimEnd();

/** The same in one line. */
export const oneLine = (text: string): string =>
  storable(text)
    .replace(/[\r\n\t]+/g, ' ')
    .trim();

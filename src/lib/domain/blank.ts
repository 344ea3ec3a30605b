/**
 * True for a text in which nothing is to be seen: white space, and characters that take no place or are empty, with which
 * mail programs fill: marks, joiners, fillers.
 */
export const isBlank = (text: string): boolean =>
  !/(?!\u034f|\u115f|\u1160|\u17b4|\u17b5|\u2800|\u3164|\uffa0)[^\s\p{Cf}\p{Cc}]/u.test(text);

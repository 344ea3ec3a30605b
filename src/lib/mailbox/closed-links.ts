/**
 * HTML in which every link that begins also ends before the next tag: where the sender left that out, the `<` becomes
 * text. postal-mime, turning HTML into text, looks for the end of such a link again and again, which takes the square of
 * its length: 64 KiB of `<a href=` kept a process busy for 3 s, 1 MiB for minutes.
 */
export const closedLinks = (html: string): string => html.replace(/<(?=a\b[^<>]*(?:<|$))/gi, '&lt;');

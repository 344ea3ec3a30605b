/** Something that must not turn up. */
export interface Secret {
  readonly what: string;
  readonly value: string;
  /** Tells where it may stand after all; the search itself does not ask. */
  readonly where?: (line: string) => boolean;
}

/** Longer ones are also looked for in parts of this length: the beginning of a token in a log is bad enough. */
const partLength = 32;

/** The forms in which a text may hide: as it is, in the usual encodings, and in parts. */
function formsOf(value: string): readonly (readonly [string, string])[] {
  const bytes = Buffer.from(value);
  const forms: [string, string][] = [
    ['plain', value],
    ['percent-encoded', encodeURIComponent(value)],
    ['base64', bytes.toString('base64').replace(/=+$/, '')],
    ['base64url', bytes.toString('base64url')],
    ['hex', bytes.toString('hex')],
  ];
  for (let at = 0; value.length > 2 * partLength && at + partLength <= value.length; at += partLength) {
    forms.push(['in part', value.slice(at, at + partLength)]);
  }
  return forms;
}

/** What of `secrets` stands in `text`, each named once with the first form in which it was found. */
export function findings(text: string, secrets: readonly Secret[]): string[] {
  const found: string[] = [];
  for (const { what, value } of secrets) {
    const form = formsOf(value).find(([, shape]) => text.includes(shape));
    if (form !== undefined) found.push(`${what} (${form[0]})`);
  }
  return found;
}

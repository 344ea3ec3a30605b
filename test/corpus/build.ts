/** One mail of the corpus, and what must be true of it once it is read. */
export interface CorpusMessage {
  readonly name: string;
  readonly source: Buffer;
  /** Matched against the ReadMessage with toMatchObject. */
  readonly expect?: Readonly<Record<string, unknown>>;
  /** It contradicts itself, so that the mail server and we may understand it differently. */
  readonly contradictory?: true;
}

/** Collects the mails of one file. */
export function chapter() {
  const mails: CorpusMessage[] = [];
  const add = (
    name: string,
    source: string | Buffer,
    expect?: CorpusMessage['expect'],
    more: Pick<CorpusMessage, 'contradictory'> = {},
  ): void => {
    mails.push({
      ...more,
      name,
      source: typeof source === 'string' ? Buffer.from(source, 'utf8') : source,
      ...(expect === undefined ? {} : { expect }),
    });
  };
  return { mails, add };
}

export const lines = (...parts: readonly string[]): string => parts.join('\r\n');

/** Strings go in byte by byte (Latin-1). */
export const bytes = (...parts: readonly (string | Buffer | readonly number[])[]): Buffer =>
  Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part as Buffer))),
  );

export const base64 = (data: string | Buffer): string =>
  Buffer.from(data).toString('base64').replace(/.{76}/g, '$&\r\n');

/** Every byte that is not a letter or a digit as `=XX`. */
export const quoted = (data: Buffer): string =>
  [...data]
    .map((byte) =>
      (byte >= 48 && byte <= 57) || (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122)
        ? String.fromCharCode(byte)
        : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .join('');

/** Headers of a mail from Ada to Alan, and more; without the empty line. */
export const head = (...more: readonly string[]): string =>
  lines('Message-ID: <m@contoso.example>', 'From: Ada <ada@contoso.example>', 'To: alan@contoso.example', ...more);

export const ada = { name: 'Ada', address: 'ada@contoso.example' };

/** A multipart body with its end. */
export const multipart = (boundary: string, ...parts: readonly string[]): string =>
  lines(...parts.flatMap((part) => [`--${boundary}`, part]), `--${boundary}--`, '');

/**
 * Text in a charset that Node reads and does not write: the bytes of each character are found by reading all bytes, and
 * all pairs of them, the other way round.
 */
export function encode(charset: string, text: string): Buffer {
  const table = tableOf(charset);
  return Buffer.concat(
    [...text].map((character) => {
      const found = table.get(character);
      if (found === undefined) throw new Error(`${charset} has no ${character}`);
      return found;
    }),
  );
}

const tables = new Map<string, Map<string, Buffer>>();

function tableOf(charset: string): Map<string, Buffer> {
  const known = tables.get(charset);
  if (known !== undefined) return known;
  const decoder = new TextDecoder(charset, { fatal: true });
  const table = new Map<string, Buffer>();
  const learn = (...codes: number[]): boolean => {
    try {
      const text = decoder.decode(Uint8Array.from(codes));
      if ([...text].length === 1 && !table.has(text)) table.set(text, Buffer.from(codes));
      return true;
    } catch {
      return false;
    }
  };
  const leads: number[] = [];
  for (let code = 0; code < 256; code += 1) if (!learn(code)) leads.push(code);
  for (const lead of leads) for (let code = 0x30; code < 256; code += 1) learn(lead, code);
  tables.set(charset, table);
  return table;
}

/** Central Europe as Outlook defines it, under a name of its own; the first lines may say more of it. */
export const outlookZone = (tzid: string, ...more: readonly string[]): string[] => [
  'BEGIN:VTIMEZONE',
  `TZID:${tzid}`,
  ...more,
  'BEGIN:STANDARD',
  'DTSTART:16010101T030000',
  'TZOFFSETFROM:+0200',
  'TZOFFSETTO:+0100',
  'RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10',
  'END:STANDARD',
  'BEGIN:DAYLIGHT',
  'DTSTART:16010101T020000',
  'TZOFFSETFROM:+0100',
  'TZOFFSETTO:+0200',
  'RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3',
  'END:DAYLIGHT',
  'END:VTIMEZONE',
];

import type { Logger } from 'imapflow';

/** A tagged NO or BAD that imapflow met, whether it threw it or only wrote it into its log. */
export interface Refusal {
  readonly status: string | undefined;
  readonly text: string | undefined;
  readonly responseCode: string | undefined;
}

/** What a connection has said that imapflow does not pass on. */
export interface ImapWatch {
  /** Goes to imapflow as its logger. Nothing is written anywhere. */
  readonly logger: Logger & { readonly isLevelEnabled: (level: string) => boolean };
  /** A line was passed over before imapflow saw it. */
  readonly skipped: () => void;
  /** The latest refusal since {@link forget}. */
  refusal(): Refusal | undefined;
  throttleMs(): number | undefined;
  /** How many lines of the server were skipped, since imapflow cannot parse them or they are too long, since {@link forget}. */
  skippedLines(): number;
  forget(): void;
}

/**
 * imapflow reports some failures only to its logger: STATUS, SEARCH and NAMESPACE swallow a refusal and answer `false`,
 * an answer that cannot be parsed is skipped, and a throttle puts the connection to sleep for up to five minutes before
 * anyone hears of it. This logger listens for exactly these and keeps nothing else, least of all a command.
 * @param hopeless called once the connection is of no use: throttled, or Exchange's bare line "Server Unavailable."
 */
export function createImapWatch(hopeless: () => void): ImapWatch {
  let refusal: Refusal | undefined;
  let throttleMs: number | undefined;
  let skippedLines = 0;

  const warn = (entry: unknown) => {
    const error = field(entry, 'err');
    refusal = refusalOf(error) ?? refusal;
    const told = field(entry, 'throttleDelay');
    if (typeof told === 'number') {
      throttleMs = told;
      hopeless();
    }
  };
  const debug = (entry: unknown) => {
    // An untagged BAD belongs to no command, so imapflow passes over it (it makes one of the bare line "Server
    // Unavailable." too), and the command in flight would wait for its time-out.
    const line = field(entry, 'src') === 's' ? field(entry, 'msg') : undefined;
    if (typeof line === 'string' && line.startsWith('* BAD ')) {
      refusal = { status: 'BAD', text: line.slice('* BAD '.length), responseCode: undefined };
      hopeless();
    }
  };
  const error = (entry: unknown) => {
    if (field(entry, 'payloadBytes') !== undefined) skippedLines += 1;
  };
  const ignore = () => undefined;

  return {
    // At `trace` every message would be formatted for an unused log, which costs as much as reading it.
    logger: {
      ...{ trace: ignore, debug, info: ignore, warn, error, fatal: ignore },
      isLevelEnabled: (level) => level !== 'trace',
    },
    skipped: () => {
      skippedLines += 1;
    },
    refusal: () => refusal,
    throttleMs: () => throttleMs,
    skippedLines: () => skippedLines,
    forget: () => {
      refusal = undefined;
      skippedLines = 0;
    },
  };
}

/** NO or BAD of an error as imapflow throws it; undefined if it is about something else. */
export function refusalOf(error: unknown): Refusal | undefined {
  const status = text(field(error, 'responseStatus'));
  if (status === undefined) return undefined;
  return {
    status,
    text: text(field(error, 'responseText')),
    responseCode: text(field(error, 'serverResponseCode')) ?? bracketCode(field(error, 'response')),
  };
}

/** The response code in brackets, such as UNAVAILABLE, out of imapflow's parsed answer. */
function bracketCode(response: unknown): string | undefined {
  const attributes = field(response, 'attributes');
  const section = Array.isArray(attributes) ? field(attributes[0], 'section') : undefined;
  return Array.isArray(section) ? text(field(section[0], 'value')) : undefined;
}

export function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

export const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

import { AsyncLocalStorage } from 'node:async_hooks';

/** Fields of a log line: stable keys, plain values. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Log {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  /** `error` contributes its class, code and message; never its cause's payload. */
  error(event: string, error: unknown, fields?: LogFields): void;
}

// Whatever looks like one of our own credentials, a JWT, a bearer token, an OAuth parameter or a signed link.
const secrets: readonly RegExp[] = [
  /nmb_[0-9A-Za-z]{12}_[0-9A-Za-z]+/g,
  /whsec_[0-9A-Za-z+/=]+/g,
  /eyJ[\w-]{8,}\.[\w-]+(\.[\w-]*)?/g,
  /\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi,
  /\b(code|token|state|client_secret|refresh_token|access_token|client_assertion|assertion|code_verifier|nonce|id_token)=[^&\s"']+/gi,
];

// No line of a log says anything in more than this, and the patterns take the square of what they look through.
const longestText = 8_000;

/** Replaces everything that looks like a secret; the only way by which text from elsewhere reaches a log. Cuts what is very long. */
export function redact(text: string): string {
  const bounded = text.length > longestText ? `${text.slice(0, longestText)}…` : text;
  return secrets.reduce((clean, pattern) => clean.replace(pattern, '[redacted]'), bounded);
}

/** What every line of a piece of work says, whoever writes it. */
const context = new AsyncLocalStorage<LogFields>();

/**
 * Does `work`, and puts `fields` on every line that is logged while it goes on, in whichever part of the broker: so that
 * what one request or one run brought about can be found by one value. What an outer piece of work says stays.
 */
export const correlated = <T>(fields: LogFields, work: () => T): T =>
  context.run({ ...context.getStore(), ...fields }, work);

/** One JSON object a line, on the console: the Functions host takes it from there. */
export function consoleLog(write: (level: 'info' | 'warn' | 'error', line: string) => void = toConsole): Log {
  const put = (level: 'info' | 'warn' | 'error', event: string, fields: LogFields = {}) => {
    const clean = Object.fromEntries(
      Object.entries(fields).map(([key, value]) => [key, typeof value === 'string' ? redact(value) : value]),
    );
    write(level, JSON.stringify({ level, event, ...context.getStore(), ...clean }));
  };
  return {
    info: (event, fields) => put('info', event, fields),
    warn: (event, fields) => put('warn', event, fields),
    error: (event, error, fields) => put('error', event, { ...describe(error), ...fields }),
  };
}

function describe(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error: 'not an Error' };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const cause = error.cause instanceof Error ? `${error.cause.name}: ${error.cause.message}` : undefined;
  return { error: error.name, code, message: error.message, cause };
}

function toConsole(level: 'info' | 'warn' | 'error', line: string): void {
  console[level](line);
}

import { AsyncLocalStorage } from 'node:async_hooks';

/** Fields of a log line: stable keys, plain values. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** `area.thing_happened`. Queries, alerts and docs/admin.md know lines by these names. */
export type LogEvent = `${string}.${string}`;

export interface Log {
  info(event: LogEvent, fields?: LogFields): void;
  warn(event: LogEvent, fields?: LogFields): void;
  /** `error` contributes its class, code and message; never its cause's payload. */
  error(event: LogEvent, error: unknown, fields?: LogFields): void;
}

// What looks like one of our own credentials, a JWT, a bearer token, an OAuth parameter or a signed link.
const secrets: readonly RegExp[] = [
  /nmb_[0-9A-Za-z]{12}_[0-9A-Za-z]+/g,
  /whsec_[0-9A-Za-z+/=]+/g,
  /eyJ[\w-]{8,}\.[\w-]+(\.[\w-]*)?/g,
  /\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi,
  /\b(code|token|state|client_secret|refresh_token|access_token|client_assertion|assertion|code_verifier|nonce|id_token)=[^&\s"']+/gi,
];

// No log line needs more than this, and the time the patterns take grows with the square of the length.
const longestText = 8_000;

/** Replaces everything that looks like a secret and cuts very long text. Text from outside reaches the log only through this. */
export function redact(text: string): string {
  const bounded = text.length > longestText ? `${text.slice(0, longestText)}…` : text;
  return secrets.reduce((clean, pattern) => clean.replace(pattern, '[redacted]'), bounded);
}

/** Fields on every line that a piece of work logs. */
const context = new AsyncLocalStorage<LogFields>();

/**
 * Runs `work` and adds `fields` to every line logged meanwhile, in any part of the broker, so that one value finds all
 * lines of a request or a run. Fields of an outer call stay.
 */
export const correlated = <T>(fields: LogFields, work: () => T): T =>
  context.run({ ...context.getStore(), ...fields }, work);

/** One JSON object per line on the console, where the Functions host picks it up. */
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

import { AsyncLocalStorage } from 'node:async_hooks';
import { format } from 'node:util';
import { redact } from '../../src/lib/log.ts';
import { isRoutine } from './routine.ts';
import type { LogLevel } from './rpc.ts';

/** One invocation, as a person reads it. */
export interface InvocationLine {
  /** `http`, `timer` or `queue`. */
  readonly kind: string;
  readonly functionName: string;
  /** What it was for: method and path, schedule, queue and message. Never a query string. */
  readonly subject: string;
  readonly outcome: string;
  readonly failed: boolean;
  readonly ms: number;
}

export interface Lines {
  invocation(line: InvocationLine): void;
  /** A line of the host itself. */
  host(text: string): void;
  /** What a function wrote by `context.log` or the library by its system log. */
  log(functionName: string, level: LogLevel, category: string, message: string): void;
  /** Runs `work` so that its console output becomes lines here. */
  capture<T>(functionName: string, work: () => T): T;
  /** Gives the console back. */
  release(): void;
}

const consoleLevels = {
  debug: 'debug',
  info: 'information',
  log: 'information',
  warn: 'warning',
  error: 'error',
} as const;
const quiet: readonly LogLevel[] = ['trace', 'debug', 'none'];

export interface LinesOptions {
  readonly now?: () => Date;
  /** What blackens a line; the identity for those who want to see what the app itself writes. */
  readonly clean?: (text: string) => string;
  /** Leaves out routine lines without a result (routine.ts). */
  readonly isQuiet?: boolean;
}

/** Writes readable lines to `out`; nothing that looks like a secret gets through. */
export function createLines(
  out: (line: string) => void,
  { now = () => new Date(), clean = redact, isQuiet = false }: LinesOptions = {},
): Lines {
  const inFunction = new AsyncLocalStorage<string>();
  const put = (text: string) => out(`${clock(now())}  ${clean(text)}`);
  const log: Lines['log'] = (functionName, level, category, message) => {
    if (quiet.includes(level) || (category === 'system' && level === 'information')) return;
    if (isQuiet && level === 'information' && isRoutine(parse(message))) return;
    put(`  · ${readable(level, message, isQuiet)}  (${functionName})`);
  };

  const originals = new Map<keyof typeof consoleLevels, typeof console.log>();
  for (const [method, level] of Object.entries(consoleLevels) as [keyof typeof consoleLevels, LogLevel][]) {
    const original = console[method];
    originals.set(method, original);
    console[method] = (...args: unknown[]) => {
      const functionName = inFunction.getStore();
      if (functionName === undefined) original.apply(console, args);
      else log(functionName, level, 'user', format(...args));
    };
  }

  return {
    log,
    host: (text) => put(text),
    invocation: ({ kind, functionName, subject, outcome, failed, ms }) => {
      // What a timer or a message brought about is in the app's own lines.
      if (isQuiet && kind !== 'http' && !failed) return;
      put(
        `${failed ? '✗' : '✓'} ${kind.padEnd(5)} ${functionName.padEnd(16)} ${subject}  → ${outcome}  ${Math.round(ms)} ms`,
      );
    },
    capture: (functionName, work) => inFunction.run(functionName, work),
    release: () => {
      for (const [method, original] of originals) console[method] = original;
    },
  };
}

function clock(date: Date): string {
  return date.toTimeString().slice(0, 8);
}

/**
 * A line of the app's own log is JSON with a level and an event; it reads better as `event key: value`. Not with `=`: then
 * the code of a failure would look like a code in an address, which is blackened.
 */
function readable(level: LogLevel, message: string, isQuiet: boolean): string {
  const parsed = parse(message);
  if (parsed === undefined) return `${level}: ${message}`;
  const { level: ownLevel, event, ...fields } = parsed;
  // Most numbers of a poll are 0, and push those that are not off the line.
  const told = Object.entries(fields).filter(([, value]) => !isQuiet || value !== 0);
  const rest = told.map(([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return [`${ownLevel}: ${event}`, ...rest].join(', ');
}

function parse(message: string): Record<string, unknown> | undefined {
  if (!message.startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(message);
    return typeof value === 'object' && value !== null && 'event' in value ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

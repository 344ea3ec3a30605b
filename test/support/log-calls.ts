import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const src = join(import.meta.dirname, '../../src');

/** A call that writes a line to the log: its event, and the text of what else it is given. */
export interface LogCall {
  readonly event: string;
  readonly level: 'info' | 'warn' | 'error';
  readonly file: string;
  /** Source text between the event and the end of the call, and the fields it shares with other calls. */
  readonly rest: string;
}

const sources = (): { file: string; text: string }[] =>
  readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((name) => /(?<!\.test)\.ts$/.test(name))
    .map((file) => ({ file, text: readFileSync(join(src, file), 'utf8') }));

/** Every call of a log in src, read from its source text; fields that stand in a `const fields` of the file are included. */
export function logCalls(): LogCall[] {
  return sources().flatMap(({ file, text }) => {
    const found = text.matchAll(/\b(?:log|log\(\)|consoleLog\(\))\.(info|warn|error)\(\s*'([^']+)'/g);
    return [...found].map(({ 0: all, 1: level, 2: event = '', index }): LogCall => {
      if (level !== 'info' && level !== 'warn' && level !== 'error') throw new Error(`${file}: no such level`);
      const begin = index + all.length;
      const rest = text.slice(begin, endOfCall(text, begin));
      const shared = /\bfields\b/.test(rest) ? (text.match(/const fields = (\{[^}]*\})/g) ?? []) : [];
      return { event, level, file, rest: [rest, ...shared].join('\n') };
    });
  });
}

/** Calls of a log in src whose event is not a literal, which no scan of this file can check. */
export function namelessLogCalls(): { file: string; call: string }[] {
  return sources().flatMap(({ file, text }) =>
    [...text.matchAll(/\b(?:log|log\(\)|consoleLog\(\))\.(?:info|warn|error)\(\s*(?!\s|')[^\n]*/g)].map(([call]) => ({
      file,
      call,
    })),
  );
}

/** Where the bracket closes that was open at `begin`. Strings in such calls hold no brackets; a test says so if one does. */
function endOfCall(text: string, begin: number): number {
  let open = 1;
  for (let at = begin; at < text.length; at++) {
    if ('([{'.includes(text[at] ?? '')) open += 1;
    if (')]}'.includes(text[at] ?? '')) open -= 1;
    if (open === 0) return at;
  }
  throw new Error('a call without end');
}

/** Whether a call gives its line the field `name`, as `name: value` or as `name` alone. An error gives four of its own. */
export function hasField({ level, rest }: LogCall, name: string): boolean {
  if (level === 'error' && ['error', 'code', 'message', 'cause'].includes(name)) return true;
  return new RegExp(`[{,]\\s*${name}\\s*[:,}]`).test(rest);
}

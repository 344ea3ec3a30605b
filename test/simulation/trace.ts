import type { Scheduler } from './scheduler.ts';
import { simulationStart } from './scheduler.ts';

/** What happened, one line a step, for anyone who has to understand a failure. */
export interface Trace {
  /** Gives an id a short name, by which it shows from here on. */
  name(id: string, short: string): void;
  short(id: string): string;
  /** `what` is only called where someone reads it. */
  note(who: string, what: () => string): void;
  readonly lines: readonly string[];
}

export function createTrace(scheduler: Scheduler, wanted: boolean): Trace {
  const names = new Map<string, string>();
  const lines: string[] = [];
  // Ids stand inside of longer texts as well: row keys, file names of folders, lists.
  const ids = /(?:mbx_\d{4}_[0-9A-Za-z]{16}|dst_[0-9A-Za-z]{12}|[me]_[\w-]{22}|sub_[\w-]{43}|\bf[0-9A-Za-z]{7}\b)/g;
  const shorten = (text: string) => text.replace(ids, (id) => names.get(id) ?? id);
  return {
    name(id, short) {
      names.set(id, short);
    },
    short: (id) => names.get(id) ?? id,
    note(who, what) {
      if (!wanted) return;
      const time = new Date(scheduler.now() - simulationStart).toISOString().slice(11, 23);
      lines.push(`${String(scheduler.step()).padStart(5)}  ${time}  ${who.padEnd(12)} ${shorten(what())}`);
    },
    lines,
  };
}

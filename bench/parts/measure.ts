import { loadavg } from 'node:os';

/** One line of the results. Texts carry their units. */
export interface Row {
  readonly what: string;
  readonly floor: string;
  readonly ours: string;
  readonly ratio: string;
  readonly target: string;
  readonly met: boolean;
}

/** What a scenario found out, and when. */
export interface Found {
  readonly rows: readonly Row[];
  readonly rounds: number;
  /** Processes that wanted a core, averaged over the minute before the end. */
  readonly load: number;
  readonly at: string;
  /** Of what was measured; with a `+` where files were changed and not committed. Unknown of what was measured before. */
  readonly commit?: string;
  /** System, cores, memory and Node. */
  readonly machine: string;
}

export interface Scenario {
  readonly name: string;
  run(tell: (line: string) => void): Promise<{ readonly rows: readonly Row[]; readonly rounds: number }>;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = Number.NaN, high = low] = sorted.slice(Math.ceil(middle) - 1, Math.floor(middle) + 1);
  return (low + high) / 2;
}

/** `median (least-most)` */
export function spread(values: readonly number[], unit: string, digits = 0): string {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const range = values.length > 1 ? ` (${least.toFixed(digits)}-${most.toFixed(digits)})` : '';
  return `${median(values).toFixed(digits)}${range} ${unit}`;
}

/** Median of the ratios of rounds: the two of one round had the same neighbours on the machine. */
export const ratioOf = (ours: readonly number[], floor: readonly number[]): number =>
  median(ours.map((value, round) => value / (floor[round] ?? Number.NaN)));

export const percent = (ratio: number): string => `${(100 * ratio).toFixed(0)} %`;

export const loadNow = (): number => Number((loadavg()[0] ?? 0).toFixed(1));

/** Repeats `look` until it answers something. @throws Error after `forMs` */
export async function until<T>(what: string, look: () => Promise<T | undefined>, forMs: number): Promise<T> {
  const end = Date.now() + forMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`Waited ${forMs / 1000} s in vain: ${what}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}

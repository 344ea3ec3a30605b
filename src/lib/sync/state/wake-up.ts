import { z } from 'zod';

/**
 * A message of the queue `work`. Only a wake-up: everything it could tell is in the rows, so that losing, doubling or
 * delaying one costs at most a tick.
 */
export interface ShardWakeUp {
  readonly v: 1;
  readonly kind: 'shard';
  readonly shard: number;
  /** The tick it was made in; see {@link tickAt}. */
  readonly tick: number;
  /** How often the work of this tick was continued in another invocation. */
  readonly cont: number;
  /** `asked`: the API wants the shard looked at now. `housekeeping`: nobody has looked at it for a while. */
  readonly why: 'tick' | 'continue' | 'asked' | 'housekeeping';
}

const form = z.object({
  v: z.literal(1),
  kind: z.literal('shard'),
  shard: z.int().min(0).max(9999),
  tick: z.int().min(0),
  cont: z.int().min(0),
  why: z.enum(['tick', 'continue', 'asked', 'housekeeping']),
});

/** The wake-up in a queue message, or undefined if it is none that this version knows. */
export function parseWakeUp(message: unknown): ShardWakeUp | undefined {
  const parsed = form.safeParse(message);
  return parsed.success ? parsed.data : undefined;
}

/** Which tick the instant `atMs` (server time) is in. Due times are counted in ticks: instants would skip a third of the polls. */
export const tickAt = (atMs: number, intervalSeconds: number): number => Math.floor(atMs / (intervalSeconds * 1000));

/** Why a wake-up is not worked on. */
export type DropReason = 'old' | 'seen';

/** A wake-up older than this stands for ticks that newer wake-ups stand for as well. */
const oldestTicks = 2;

/** A tick, and how long ticks are. */
export interface ShardTick {
  readonly tick: number;
  readonly intervalSeconds: number;
}

/**
 * Whether a wake-up is to be dropped without taking the lease (pure).
 * `known` is what the shard's row says; its tick counts only under the same interval.
 */
export function dropReason(wakeUp: ShardWakeUp, now: ShardTick, known: ShardTick): DropReason | undefined {
  if (wakeUp.tick < now.tick - oldestTicks) return 'old';
  if (wakeUp.why !== 'tick') return undefined;
  if (known.intervalSeconds === now.intervalSeconds && wakeUp.tick <= known.tick) return 'seen';
  return undefined;
}

/**
 * The tick a run works in: that of its wake-up, also if it comes late, or else the next wake-up would seem to have been worked
 * on already. A wake-up from ticks of another length may name any number, and is cut to what can be.
 */
export const workingTick = (wakeUp: ShardWakeUp, nowTick: number): number => Math.min(wakeUp.tick, nowTick + 1);

import { z } from 'zod';
import { isMailboxId } from '../../domain/ids.ts';

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
  /** `asked`: the API wants the shard looked at now. `housekeeping`: no run has happened for a while. */
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

/**
 * A bell: Microsoft says that something came to a mailbox, which is to be polled now and not at its next turn. It says no
 * more than that, so that losing, doubling, delaying or forging one changes nothing but times; no row is written for it.
 */
export interface BellWakeUp {
  readonly v: 1;
  readonly kind: 'bell';
  readonly mailbox: string;
  /** How often it was put back into the queue because its shard was taken. */
  readonly tries: number;
}

const bellForm = z.object({
  v: z.literal(1),
  kind: z.literal('bell'),
  mailbox: z.string().refine(isMailboxId),
  tries: z.int().min(0),
});

/** The bell in a queue message, or undefined if it is none. */
export function parseBell(message: unknown): BellWakeUp | undefined {
  const parsed = bellForm.safeParse(message);
  return parsed.success ? parsed.data : undefined;
}

/**
 * Waits before a bell is tried again whose shard was taken, one after the other, in seconds: together they outlast a run.
 * After the last one the mailbox is left to its next turn.
 */
const putBackSeconds = [1, 2, 3, 5, 8, 13, 21];

/** The bell as it goes back into the queue, and after how long; undefined if it was put back often enough. */
export function putBack(bell: BellWakeUp): { readonly bell: BellWakeUp; readonly afterMs: number } | undefined {
  const seconds = putBackSeconds[bell.tries];
  return seconds === undefined ? undefined : { bell: { ...bell, tries: bell.tries + 1 }, afterMs: seconds * 1000 };
}

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
export const workingTick = (wakeUp: Pick<ShardWakeUp, 'tick'>, nowTick: number): number =>
  Math.min(wakeUp.tick, nowTick + 1);

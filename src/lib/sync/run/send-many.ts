import { sendBounded } from '../../domain/all-settled.ts';

/** What it takes to put a message into the queue; the binding of a function puts in one after the other. */
const sendMs = 10;

/** A queue takes 2,000 requests a second: https://learn.microsoft.com/azure/storage/queues/scalability-targets */
const mostAtOnce = 16;

/**
 * How many messages are put in at a time so that the last shard is woken in the middle of the tick. No more than that:
 * all at once, the runs would ask the tables for their rows in the same moment (docs/scale.md). Pure.
 */
export const sendsAtOnce = (messages: number, intervalSeconds: number): number =>
  Math.min(mostAtOnce, Math.max(1, Math.ceil((messages * sendMs) / (intervalSeconds * 500))));

/**
 * Puts the messages of a tick into the queue where the binding would not get through them in time.
 * @returns what is left to the binding: all, where they are few; those that did not get in, where the queue refused one
 */
export async function sendMany<T extends object>(
  messages: readonly T[],
  intervalSeconds: number,
  send: (message: T) => Promise<void>,
): Promise<readonly T[]> {
  const atOnce = sendsAtOnce(messages.length, intervalSeconds);
  return atOnce === 1 ? messages : (await sendBounded(messages, atOnce, send)).left;
}

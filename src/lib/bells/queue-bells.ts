import { sendBounded } from '../domain/all-settled.ts';
import type { QueuedBell } from './notification.ts';

const sendsAtOnce = 16;

/**
 * Puts into the queue what notifications ask for; a thousand may come at once. Once the queue refuses one, no more is
 * tried: Graph sends the notifications again, and none of those left out stands for them then.
 * @throws what `send` threw first
 */
export async function queueBells(
  queued: readonly QueuedBell[],
  send: (message: QueuedBell['message'], afterMs: number) => Promise<void>,
): Promise<void> {
  const { left, failure } = await sendBounded(queued, sendsAtOnce, ({ message, afterMs }) => send(message, afterMs));
  for (const { refused } of left) refused();
  if (left.length > 0) throw failure;
}

import { expect, it } from 'vitest';
import { sendMany, sendsAtOnce } from './send-many.ts';

const messages = (count: number) => Array.from({ length: count }, (_, shard) => ({ shard }));

it.each([
  [0, 20, 1],
  [1_000, 20, 1],
  [1_001, 20, 2],
  [1_563, 20, 2],
  [1_563, 60, 1],
  [1_563, 1, 16],
  [9_999, 20, 10],
])('%s messages in ticks of %s s are put in %s at a time', (count, intervalSeconds, atOnce) => {
  expect(sendsAtOnce(count, intervalSeconds)).toBe(atOnce);
});

it.each([
  [50, 0],
  [51, 51],
])(
  'of %s messages in a tick of a second it sends %s itself, and leaves the others to the binding',
  async (count, expected) => {
    let sent = 0;
    const left = await sendMany(messages(count), 1, async () => void sent++);
    expect([sent, left.length]).toEqual([expected, count - expected]);
  },
);

it('leaves to the binding what the queue does not take', async () => {
  const sent: unknown[] = [];
  const left = await sendMany(messages(100), 1, async (message) => {
    if (message.shard >= 50) throw new Error('busy');
    sent.push(message);
  });
  expect([...sent, ...left]).toHaveLength(100);
  expect(left.length).toBeGreaterThan(0);
});

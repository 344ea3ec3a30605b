import { expect } from 'vitest';
import { hourMs, secondMs } from '../../src/lib/domain/duration.ts';
import type { Submission } from '../../src/lib/domain/submission.ts';
import type { SendWish } from '../../src/lib/submissions/accept.ts';
import { Killed } from './mortal-store.ts';
import { type Death, type SendingWorld, startProcess, type WaysOf } from './sending-world.ts';

/** Continues with new processes, as ticks would, until nothing waits; at most four hours. */
export async function goOn(world: SendingWorld, ways?: WaysOf): Promise<void> {
  for (let passed = 0; passed < 4 * hourMs; passed += 60 * secondMs) {
    if ((await world.rows('submissions', 'w!')).length === 0) return;
    await world.clock.advance(60 * secondMs);
    await startProcess(world, undefined, ways).run();
  }
}

export const killed = (error: unknown) => {
  if (!(error instanceof Killed)) throw error;
};

/** A message is submitted and sent by a process that may die; without an answer the caller repeats the request. */
export async function sendWith(
  world: SendingWorld,
  death: Death | undefined,
  { ways, wish = () => ({}) }: { readonly ways?: WaysOf; readonly wish?: () => Partial<SendWish> } = {},
): Promise<{ submission: Submission; steps: number }> {
  const first = startProcess(world, death, ways);
  let id = await first.accept(wish()).then((accepted) => accepted.id, killed);
  if (id !== undefined) await first.run().catch(killed);
  // The same request with the same key.
  id ??= (await startProcess(world, undefined, ways).accept(wish())).id;
  await goOn(world, ways);
  const found = await startProcess(world).deps.rows.read(id);
  if (found === undefined) throw new Error('The submission is gone.');
  return { submission: found.submission, steps: first.steps() };
}

/** Invariants. */
export async function expectTruth(world: SendingWorld, submission: Submission): Promise<void> {
  const { taken } = world.server;
  expect(taken.length, 'sent twice').toBeLessThanOrEqual(1);
  if (submission.state === 'sent') expect(taken.map(({ id }) => id)).toEqual([submission.id]);
  if (submission.state === 'failed' || submission.state === 'cancelled') expect(taken).toEqual([]);
  expect(await world.rows('submissions', 'w!'), 'something still waits').toEqual([]);
  expect((await world.rows('submissions', 's!')).length, 'accepted twice').toBe(1);
  const told = (await world.rows('mail', 'o!')).map(({ values }) => values);
  expect(told).toEqual([expect.objectContaining({ type: `submission.${submission.state}` })]);
  expect(submission.owes).toEqual([]);
  if (submission.original !== undefined) {
    const isSent = submission.state === 'sent';
    expect(submission.original.marked).toBe(isSent ? true : undefined);
    // Again after a crash in between, which changes nothing in a mailbox.
    expect(new Set(world.server.marked).size).toBe(isSent ? 1 : 0);
  }
  const kept = submission.state === 'unknown' ? [submission.id] : [];
  expect(world.blobs.names().filter((name) => name === submission.id)).toEqual(kept);
  const [key] = await world.rows('submissions', 'k!');
  expect(key?.values).toMatchObject({ endedAt: submission.endedAt });
}

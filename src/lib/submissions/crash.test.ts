import { describe, expect, it } from 'vitest';
import { Killed } from '../../../test/support/mortal-store.ts';
import { type Death, type SendingWorld, sendingWorld, startProcess } from '../../../test/support/sending-world.ts';
import { hourMs, secondMs } from '../domain/duration.ts';
import type { Submission } from '../domain/submission.ts';

/** Goes on with new processes, as ticks would, until nothing waits any more; at most four hours. */
async function goOn(world: SendingWorld): Promise<void> {
  for (let passed = 0; passed < 4 * hourMs; passed += 60 * secondMs) {
    if ((await world.rows('submissions', 'w!')).length === 0) return;
    await world.clock.advance(60 * secondMs);
    await startProcess(world).run();
  }
}

const killed = (error: unknown) => {
  if (!(error instanceof Killed)) throw error;
};

/** A message is handed over and sent by a process that may die; whoever got no answer asks again. */
async function sendWith(
  world: SendingWorld,
  death: Death | undefined,
): Promise<{ submission: Submission; steps: number }> {
  const first = startProcess(world, death);
  let id = await first.accept().then((accepted) => accepted.id, killed);
  if (id !== undefined) await first.run().catch(killed);
  // The same request with the same key.
  id ??= (await startProcess(world).accept()).id;
  await goOn(world);
  const found = await startProcess(world).deps.rows.read(id);
  if (found === undefined) throw new Error('The submission is gone.');
  return { submission: found.submission, steps: first.steps() };
}

/** What must hold whatever happened. */
async function expectTruth(world: SendingWorld, submission: Submission): Promise<void> {
  const { taken } = world.server;
  expect(taken.length, 'sent twice').toBeLessThanOrEqual(1);
  if (submission.state === 'sent') expect(taken.map(({ id }) => id)).toEqual([submission.id]);
  if (submission.state === 'failed' || submission.state === 'cancelled') expect(taken).toEqual([]);
  expect(await world.rows('submissions', 'w!'), 'something still waits').toEqual([]);
  expect((await world.rows('submissions', 's!')).length, 'accepted twice').toBe(1);
  const told = (await world.rows('mail', 'o!')).map(({ values }) => values);
  expect(told).toEqual([expect.objectContaining({ type: `submission.${submission.state}` })]);
  expect(submission.owes).toEqual([]);
  const kept = submission.state === 'unknown' ? [submission.id] : [];
  expect(world.blobs.names().filter((name) => name === submission.id)).toEqual(kept);
  const [key] = await world.rows('submissions', 'k!');
  expect(key?.values).toMatchObject({ endedAt: submission.endedAt });
}

describe('a submission', async () => {
  const { steps, submission } = await sendWith(await sendingWorld(), undefined);

  it('is sent once where nobody dies', () => {
    expect(submission.state).toBe('sent');
    // Blob, rows, wake-up, lease, mark, the server, result, event, blob, end, lease: a change of this number is on purpose.
    expect(steps).toBe(11);
  });

  const deaths = Array.from({ length: steps }, (_, index) =>
    [false, true].map((done) => ({ atStep: index + 1, done })),
  );

  it.each(deaths.flat())('is sent once, and told, if the process dies at step $atStep (done: $done)', async (death) => {
    const world = await sendingWorld();
    const after = await sendWith(world, death);
    expect(after.submission.state).toBe(isLostBeforeServer(death) ? 'unknown' : 'sent');
    await expectTruth(world, after.submission);
  });

  it.each(deaths.flat())(
    'is never sent twice if no copy ever shows, dying at step $atStep (done: $done)',
    async (death) => {
      const world = await sendingWorld();
      world.server.copyAfterMs = Number.POSITIVE_INFINITY;
      const after = await sendWith(world, death);
      await expectTruth(world, after.submission);
    },
  );

  it.each(deaths.flat())(
    'that may be sent again by itself is sent, dying at step $atStep (done: $done)',
    async (death) => {
      const world = await sendingWorld();
      const first = startProcess(world, death);
      const wish = { onUnknown: 'resend' as const };
      let id = await first.accept(wish).then((accepted) => accepted.id, killed);
      if (id !== undefined) await first.run().catch(killed);
      id ??= (await startProcess(world).accept(wish)).id;
      await goOn(world);
      const found = await startProcess(world).deps.rows.read(id);
      expect(found?.submission.state).toBe('sent');
      expect(world.server.taken.length).toBeGreaterThanOrEqual(1);
    },
  );
});

/** Between the mark and the server nothing left, and nobody can know. */
const isLostBeforeServer = ({ atStep, done }: Death): boolean => (atStep === 5 && done) || (atStep === 6 && !done);

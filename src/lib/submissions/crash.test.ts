import { describe, expect, it } from 'vitest';
import { expectTruth, goOn, killed, sendWith } from '../../../test/support/sending-crash.ts';
import { type Death, sendingWorld, startProcess } from '../../../test/support/sending-world.ts';

/** An answer, so that there is an original to be marked. */
const wish = () => ({ original: { kind: 'reply', messageRef: 'original' } as const });

describe('a submission', async () => {
  const { steps, submission } = await sendWith(await sendingWorld(), undefined, { wish });

  it('is sent once without a crash', () => {
    expect(submission.state).toBe('sent');
    // Blob, rows, wake-up, lease, mark, the server, result, original, what came of that, event, blob, end, lease: a change
    // of this number is on purpose.
    expect(steps).toBe(13);
  });

  const deaths = Array.from({ length: steps }, (_, index) =>
    [false, true].map((done) => ({ atStep: index + 1, done })),
  );

  it.each(deaths.flat())('is sent once, and told, if the process dies at step $atStep (done: $done)', async (death) => {
    const world = await sendingWorld();
    const after = await sendWith(world, death, { wish });
    expect(after.submission.state).toBe(isLostBeforeServer(death) ? 'unknown' : 'sent');
    await expectTruth(world, after.submission);
  });

  it.each(deaths.flat())(
    'is never sent twice if no copy ever shows, dying at step $atStep (done: $done)',
    async (death) => {
      const world = await sendingWorld();
      world.server.copyAfterMs = Number.POSITIVE_INFINITY;
      const after = await sendWith(world, death, { wish });
      await expectTruth(world, after.submission);
    },
  );

  it.each(deaths.flat())(
    'is sent despite a crash at step $atStep (done: $done) if it may be resent automatically',
    async (death) => {
      const world = await sendingWorld();
      const first = startProcess(world, death);
      const resending = { ...wish(), onUnknown: 'resend' as const };
      let id = await first.accept(resending).then((accepted) => accepted.id, killed);
      if (id !== undefined) await first.run().catch(killed);
      id ??= (await startProcess(world).accept(resending)).id;
      await goOn(world);
      const found = await startProcess(world).deps.rows.read(id);
      expect(found?.submission.state).toBe('sent');
      expect(world.server.taken.length).toBeGreaterThanOrEqual(1);
    },
  );
});

/** Between the mark and the server nothing left, and nobody can know. */
const isLostBeforeServer = ({ atStep, done }: Death): boolean => (atStep === 5 && done) || (atStep === 6 && !done);

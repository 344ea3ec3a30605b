import { describe, expect, it } from 'vitest';
import { sendingWorld, startProcess } from '../../../../test/support/sending-world.ts';
import { BrokerError } from '../../errors.ts';
import { longestWaitMs, waitForEnd } from './wait-for-end.ts';

/** A message is accepted, and someone waits for its end; `meanwhile` is what happens half a second later. */
async function waiting(
  meanwhile: (process: ReturnType<typeof startProcess>) => Promise<unknown>,
  { sendAt, read }: { sendAt?: Date; read?: () => Promise<never> } = {},
) {
  const world = await sendingWorld();
  const process = startProcess(world);
  const { id } = await process.accept({ sendAt });
  const accepted = (await process.deps.rows.read(id))?.submission;
  if (accepted === undefined) throw new Error('not accepted');
  const reads = read ?? (async (name: string) => (await process.deps.rows.read(name))?.submission);
  let answered: { readonly state: string; readonly atMs: number } | undefined;
  const waited = waitForEnd(accepted, longestWaitMs, world.clock, reads).then(({ state }) => {
    answered = { state, atMs: world.clock.monotonic() };
  });
  await world.clock.advance(500);
  await meanwhile(process);
  await world.clock.advance(2 * longestWaitMs);
  await waited;
  return answered;
}

describe('waiting for the end of a submission', () => {
  it('ends as soon as it is sent', async () => {
    const answered = await waiting((process) => process.run());
    expect(answered?.state).toBe('sent');
    expect(answered?.atMs).toBeLessThan(1_500);
  });

  it('ends when it is cancelled, or fails', async () => {
    const answered = await waiting(async (process) => {
      const [row] = await process.deps.rows.page(process.mailbox.id, undefined, 1);
      await process.decisions.cancel(row?.submission.id ?? '');
    });
    expect(answered?.state).toBe('cancelled');
  });

  it('gives up within 4 seconds if it is not sent', async () => {
    const answered = await waiting(async () => {});
    expect(answered?.state).toBe('queued');
    expect(answered?.atMs).toBeLessThanOrEqual(longestWaitMs);
  });

  it('does not wait for a message that is to go later', async () => {
    const sendAt = new Date(Date.parse('2026-11-22T12:00:00Z') + 60_000);
    expect(await waiting(async () => {}, { sendAt })).toEqual({ state: 'queued', atMs: 0 });
  });

  it('answers what was accepted, if the tables cannot be read meanwhile', async () => {
    const read = async (): Promise<never> => {
      throw new BrokerError('storage_unreachable');
    };
    expect((await waiting(async () => {}, { read }))?.state).toBe('queued');
  });
});

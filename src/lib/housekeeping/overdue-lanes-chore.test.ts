import { beforeEach, describe, expect, it } from 'vitest';
import { memoryLog } from '../../../test/support/http.ts';
import { mailbox, type SendingWorld, sendingWorld, startProcess } from '../../../test/support/sending-world.ts';
import { hourMs, minuteMs } from '../domain/duration.ts';
import { BrokerError } from '../errors.ts';
import { overdueLanesChore } from './overdue-lanes-chore.ts';

let world: SendingWorld;
let log: ReturnType<typeof memoryLog>;
beforeEach(async () => {
  world = await sendingWorld();
  log = memoryLog();
});

const takenIds = () => world.server.taken.map(({ id }) => id);

/** The chore, in a process of its own. @param run in place of a run of the lane */
function chore(run?: (lane: string) => Promise<void>) {
  const process = startProcess(world);
  return overdueLanesChore({
    ...{ store: world.store, clock: world.clock, log, rows: process.deps.rows, mailbox: async () => mailbox },
    directory: {
      shards: async () => [{ shard: 7, etag: '', slots: [{ slot: 0, mailboxId: mailbox.id, since: new Date(0) }] }],
    },
    run: run ?? process.run,
  });
}

describe('a lane whose wake-ups are lost', () => {
  it('is run by housekeeping once something was due for five minutes, without the queue', async () => {
    const { id } = await startProcess(world).accept();
    await world.clock.advance(4 * minuteMs);
    expect(await chore().run()).toBeUndefined();
    expect(takenIds()).toEqual([]);
    await world.clock.advance(2 * minuteMs);
    expect(await chore().run()).toEqual({ lanes: 1, left: 0 });
    expect(takenIds()).toEqual([id]);
    expect(log.lines).toMatchObject([{ level: 'warn', event: 'lane.overlooked', fields: { lane: world.lane } }]);
    expect(await chore().run()).toBeUndefined();
  });

  it('is run again where its last run died', async () => {
    const { id } = await startProcess(world).accept();
    await startProcess(world, { atStep: 1, done: true })
      .run()
      .catch(() => undefined);
    await world.clock.advance(7 * minuteMs);
    await chore().run();
    expect(takenIds()).toEqual([id]);
  });

  it('is left alone while what is due waits for its account, and before its time', async () => {
    const process = startProcess(world);
    await process.accept({ idempotencyKey: 'later', sendAt: new Date(world.clock.now() + hourMs) });
    await process.accept({ idempotencyKey: 'held' });
    world.server.answers.push({ kind: 'deferred', code: 'submission_quota', scope: 'account', retryAfterMs: hourMs });
    await process.run();
    for (let minutes = 0; minutes < 20; minutes += 5) {
      await world.clock.advance(5 * minuteMs);
      // Each tick the dispatcher wakes it.
      await process.run();
      expect(await chore().run()).toBeUndefined();
    }
    expect(log.lines).toEqual([]);
  });

  it('fails the chore where it fails, so that it shows', async () => {
    await startProcess(world).accept();
    await world.clock.advance(6 * minuteMs);
    const failing = chore(() => Promise.reject(new BrokerError('storage_unreachable')));
    await expect(failing.run()).rejects.toMatchObject({ code: 'storage_unreachable' });
  });
});

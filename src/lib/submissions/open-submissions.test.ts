import { expect, it } from 'vitest';
import { sendingWorld, startProcess } from '../../../test/support/sending-world.ts';
import { dayMs, hourMs } from '../domain/duration.ts';
import { openSubmissions } from './open-submissions.ts';

it('counts the messages whose content hangs on an older root key, until they have left', async () => {
  const world = await sendingWorld();
  const process = startProcess(world);
  let isOld = true;
  const rows = openSubmissions({
    table: world.store.table('submissions'),
    sealer: { needsReseal: async () => isOld },
  });
  expect(await rows.waiting(new Date())).toEqual({ count: 0, until: undefined });

  const accepted = world.clock.now();
  await process.accept();
  const { count, until } = await rows.waiting(new Date());
  expect(count).toBe(1);
  // It may go for 48 hours, and one that ends as unknown can be sent again for 7 days.
  expect(until?.getTime()).toBe(accepted + 48 * hourMs + 7 * dayMs);

  isOld = false;
  expect((await rows.waiting(new Date())).count).toBe(0);
  isOld = true;
  await process.run();
  expect((await rows.waiting(new Date())).count).toBe(0);
});

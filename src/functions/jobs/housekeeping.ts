import { app, type Timer } from '@azure/functions';
import { broker } from '../../lib/broker.ts';
import { traced } from '../../lib/trace.ts';
import { stopAtEnd } from './running.ts';

/** Every 5 minutes: background work. Each chore has its own interval. */
export async function housekeeping(_timer: Timer): Promise<void> {
  const { housekeeping, clock, sending, shardRunner } = await broker();
  // It works on what the queue has lost.
  stopAtEnd({ sending, shardRunner });
  await housekeeping.run(clock.now());
}

app.timer('housekeeping', {
  schedule: '0 */5 * * * *',
  // Without a monitor the host keeps no state of its own in blobs; what is missed is made up by the next run.
  useMonitor: false,
  handler: (timer) =>
    traced('housekeeping', 'consumer', { 'faas.name': 'housekeeping', 'faas.trigger': 'timer' }, () =>
      housekeeping(timer),
    ),
});

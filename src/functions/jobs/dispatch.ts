import { app, output } from '@azure/functions';
import { broker } from '../../lib/broker.ts';
import { timerSchedule } from '../../lib/sync/run/schedule.ts';
import { traced, withTrace } from '../../lib/trace.ts';

/** The timer: a wake-up for every shard, whose rows say what is due, and one for every lane that has mail to send. */
export async function dispatch() {
  const { dispatcher, sending, log, config, lookAtSecrets } = await broker();
  // Not awaited: a vault that is slow holds up no poll.
  void lookAtSecrets();
  const wakeUps = await dispatcher.wakeUps();
  // Also without mailboxes: an alert asks whether this line comes (infra/queries/silence.kql).
  log.info('dispatch.finished', {
    tick: wakeUps[0]?.tick,
    wakeUps: wakeUps.length,
    intervalSeconds: config.pollIntervalSeconds,
  });
  return [...wakeUps, ...(await sending.wakeUps(wakeUps.map(({ shard }) => shard)))].map(withTrace);
}

app.timer('dispatch', {
  schedule: timerSchedule(process.env.POLL_INTERVAL),
  // The monitor keeps a blob per timer and fires for missed ticks; a tick that was missed needs no replacement.
  useMonitor: false,
  return: output.storageQueue({ queueName: 'work', connection: 'AzureWebJobsStorage' }),
  handler: () => traced('dispatch', 'consumer', { 'faas.name': 'dispatch', 'faas.trigger': 'timer' }, dispatch),
});

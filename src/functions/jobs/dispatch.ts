import { app, output } from '@azure/functions';
import { broker } from '../../lib/broker.ts';
import { loneShard, runLoneShard } from '../../lib/sync/run/lone-shard.ts';
import { timerSchedule } from '../../lib/sync/run/schedule.ts';
import { sendMany } from '../../lib/sync/run/send-many.ts';
import { traced, withTrace } from '../../lib/trace.ts';
import { stopAtEnd } from './running.ts';

/**
 * The timer: a wake-up for every shard, whose rows say what is due, and one for every lane that has mail to send. The only
 * shard of a deployment without notifications of new mail is looked after at once, in this process.
 */
export async function dispatch() {
  const { dispatcher, sending, shardRunner, bells, queue, log, clock, config, lookAtSecrets } = await broker();
  // Not awaited: a vault that is slow holds up no poll.
  void lookAtSecrets();
  const wakeUps = await dispatcher.wakeUps();
  // Also without mailboxes: an alert asks whether this line comes (infra/queries/silence.kql).
  log.info('dispatch.finished', {
    tick: wakeUps[0]?.tick,
    wakeUps: wakeUps.length,
    intervalSeconds: config.pollIntervalSeconds,
  });
  const lanes = () => sending.wakeUps(wakeUps.map(({ shard }) => shard));
  const lone = loneShard(wakeUps, bells !== undefined);
  if (lone === undefined) {
    return (
      await sendMany([...wakeUps, ...(await lanes())], config.pollIntervalSeconds, (message) => queue.send(message, 0))
    ).map(withTrace);
  }
  stopAtEnd({ sending, shardRunner });
  // What a binding returns leaves when the function ends, which is after the run.
  const wakeLanes = async () => {
    for (const lane of await lanes()) {
      await queue.send(lane, 0).catch((error: unknown) => log.error('dispatch.lane_not_woken', error));
    }
  };
  const left = await runLoneShard({ runner: shardRunner, clock }, lone, wakeLanes);
  return left === undefined ? [] : [withTrace(left)];
}

app.timer('dispatch', {
  schedule: timerSchedule(process.env),
  // The monitor keeps a blob per timer and fires for missed ticks; a tick that was missed needs no replacement.
  useMonitor: false,
  return: output.storageQueue({ queueName: 'work', connection: 'AzureWebJobsStorage' }),
  handler: () => traced('dispatch', 'consumer', { 'faas.name': 'dispatch', 'faas.trigger': 'timer' }, dispatch),
});

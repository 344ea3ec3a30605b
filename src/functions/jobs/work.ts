import { app, output } from '@azure/functions';
import { parseSubscribeHint } from '../../lib/bells/subscribe-hint.ts';
import { broker } from '../../lib/broker.ts';
import { parseDraftWakeUp } from '../../lib/store/submissions/draft.ts';
import { parseSendWakeUp } from '../../lib/submissions/types.ts';
import { parseBell, parseWakeUp } from '../../lib/sync/state/wake-up.ts';
import { traced, traceOf, withTrace } from '../../lib/trace.ts';
import { stopAtEnd } from './running.ts';

/**
 * Handles one message of the queue: a run of a shard or a lane, a bell, a draft to look after, or a check of
 * subscriptions. What is left when the time is over continues with the next message in the same queue. A message of an unknown form is dropped: nothing
 * depends on a single one.
 */
export async function work(message: unknown) {
  const wakeUp = parseWakeUp(message);
  const bell = parseBell(message);
  const subscribe = parseSubscribeHint(message);
  const lane = parseSendWakeUp(message)?.lane;
  const draft = parseDraftWakeUp(message);
  const { log, queue, bells, shardRunner, sending, drafts } = await broker();
  stopAtEnd({ sending, shardRunner });
  if (lane !== undefined) {
    await sending.run(lane);
    return undefined;
  }
  if (draft !== undefined) {
    await drafts.settle(draft.mailbox, draft.draft);
    return undefined;
  }
  if (bell !== undefined) {
    const { next, again } = await shardRunner.ring(bell);
    if (again !== undefined) await queue.send(again.bell, again.afterMs);
    return next && withTrace(next);
  }
  if (subscribe !== undefined) {
    const { mailbox, folder, lost = false } = subscribe;
    await bells?.keep(mailbox, folder === undefined ? 'connected' : { folderId: folder, isLost: lost });
    return undefined;
  }
  if (wakeUp === undefined) {
    log.warn('dispatch.message_unknown');
    return undefined;
  }
  const next = await shardRunner.run(wakeUp);
  return next && withTrace(next);
}

const queue = { queueName: 'work', connection: 'AzureWebJobsStorage' };

app.storageQueue('work', {
  ...queue,
  return: output.storageQueue(queue),
  handler: (message) =>
    traced(
      'work',
      'consumer',
      { 'faas.name': 'work', 'faas.trigger': 'pubsub' },
      () => work(message),
      traceOf(message),
    ),
});

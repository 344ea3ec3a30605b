import { app, output } from '@azure/functions';
import { broker } from '../../lib/broker.ts';
import { parseHint } from '../../lib/sync/state/wake-up.ts';

/** Ends what runs in this process; nothing, before the first run. */
let stop = async () => {};

/**
 * One hint: looks after its shard. What is left when the time of an invocation is over goes on in the next, through the
 * same queue. A message of an unknown form is dropped: nothing depends on any single one.
 */
export async function work(message: unknown) {
  const hint = parseHint(message);
  const { log, shardRunner } = await broker();
  stop = () => shardRunner.stop();
  if (hint === undefined) {
    log.warn('hint_unknown');
    return undefined;
  }
  return shardRunner.run(hint);
}

const queue = { queueName: 'work', connection: 'AzureWebJobsStorage' };

app.storageQueue('work', { ...queue, return: output.storageQueue(queue), handler: work });

app.hook.appTerminate(() => stop());

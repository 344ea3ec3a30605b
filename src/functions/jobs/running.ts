import { app } from '@azure/functions';
import type { Broker } from '../../lib/broker.ts';

/** Ends what runs in this process; nothing, before the first run. */
let stop = async () => {};

/** What this process begins from now on is settled, and its leases are given back, when the process ends. */
export function stopAtEnd({ sending, shardRunner }: Pick<Broker, 'sending' | 'shardRunner'>): void {
  stop = async () => {
    sending.stop();
    await shardRunner.stop();
  };
}

app.hook.appTerminate(() => stop());

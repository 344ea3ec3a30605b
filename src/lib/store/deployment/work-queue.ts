import type { TokenCredential } from '@azure/identity';
import type { QueueClient } from '@azure/storage-queue';
import { z } from 'zod';
import { BrokerError } from '../../errors.ts';

/** What waits in the queue of the work. */
export interface QueueDepth {
  /** About: the service counts as it goes. */
  readonly messages: number;
  /** When the message was put in that would be worked on next; undefined if none can be seen. */
  readonly oldest: Date | undefined;
  /** Messages that the host gave up after `maxDequeueCount` tries. */
  readonly poison: number;
}

/**
 * The queue `work` as an onlooker sees it. Messages leave by an output binding and arrive by a trigger; this only looks,
 * and takes none.
 */
export interface WorkQueue {
  /** @throws BrokerError `storage_unreachable`, whose message says why */
  depth(): Promise<QueueDepth>;
}

const timeoutMs = 5_000;

/**
 * @param environment the settings of the host's storage: `AzureWebJobsStorage` (a connection string, for the emulator), or
 *   `AzureWebJobsStorage__queueServiceUri` or `…__accountName` with the identity
 * https://learn.microsoft.com/azure/azure-functions/functions-reference#connecting-to-host-storage-with-an-identity
 */
export function createWorkQueue(
  environment: Readonly<Record<string, string | undefined>>,
  identity: TokenCredential,
): WorkQueue {
  const open = async (name: string): Promise<QueueClient> => {
    const { QueueClient } = await import('@azure/storage-queue');
    const options = { retryOptions: { maxTries: 1 } };
    const connectionString = environment.AzureWebJobsStorage ?? '';
    if (connectionString !== '') return new QueueClient(connectionString, name, options);
    const account = environment.AzureWebJobsStorage__accountName ?? '';
    const address =
      environment.AzureWebJobsStorage__queueServiceUri ??
      (account === '' ? undefined : `https://${account}.queue.core.windows.net`);
    if (address === undefined) {
      throw new BrokerError('storage_unreachable', { detail: 'No setting names the storage of the queue.' });
    }
    return new QueueClient(`${address.replace(/\/+$/, '')}/${name}`, identity, options);
  };
  /** Undefined if there is no such queue. */
  const ask = async <T>(name: string, look: (queue: QueueClient, signal: AbortSignal) => Promise<T>) => {
    const queue = await open(name);
    try {
      return await look(queue, AbortSignal.timeout(timeoutMs));
    } catch (cause) {
      const { data } = z.object({ statusCode: z.number() }).safeParse(cause);
      // The host makes a queue with its first message.
      if (data?.statusCode === 404) return undefined;
      const isRefused = data !== undefined && [401, 403].includes(data.statusCode);
      const detail = isRefused
        ? 'Azure Storage refuses the identity of the app at the queue.'
        : 'The queue does not answer.';
      throw new BrokerError('storage_unreachable', { cause, detail });
    }
  };
  const count = async (name: string): Promise<number> =>
    (await ask(name, (queue, abortSignal) => queue.getProperties({ abortSignal })))?.approximateMessagesCount ?? 0;

  return {
    async depth() {
      const [messages, poison, peeked] = await Promise.all([
        count('work'),
        count('work-poison'),
        ask('work', (queue, abortSignal) => queue.peekMessages({ numberOfMessages: 1, abortSignal })),
      ]);
      return { messages, poison, oldest: peeked?.peekedMessageItems[0]?.insertedOn };
    },
  };
}

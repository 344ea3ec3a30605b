import type { TokenCredential } from '@azure/identity';
import type { QueueClient } from '@azure/storage-queue';
import { z } from 'zod';
import { BrokerError } from '../../errors.ts';
import { withTrace } from '../../trace.ts';
import { hostStorage } from '../table/host-storage.ts';

/** What waits in the queue of the work. */
export interface QueueDepth {
  /** About: the service counts as it goes. */
  readonly messages: number;
  /** When the message was put in that would be worked on next; undefined if none can be seen. */
  readonly oldest: Date | undefined;
  /** Messages that the host gave up after `maxDequeueCount` tries. */
  readonly poison: number;
}

/** The queue `work` beside the bindings of the host, by which most messages leave and all arrive: this takes none. */
export interface WorkQueue {
  /** @throws BrokerError `storage_unreachable`, whose message says why */
  depth(): Promise<QueueDepth>;
  /**
   * Inserts an invisible message and deletes it again, to see whether the queue can be written.
   * @throws BrokerError `storage_unreachable`, whose message says why
   */
  tryWriting(): Promise<void>;
  /**
   * Inserts a message that is invisible for `delayMs`, which an output binding cannot do; at most seven days.
   * @throws BrokerError `storage_unreachable`
   */
  send(message: object, delayMs: number): Promise<void>;
}

const timeoutMs = 5_000;

const probeLifeSeconds = 3600;

// The longest that a message may stay invisible (Put Message), less a minute.
const longestDelaySeconds = 7 * 24 * 3600 - 60;

/** @param environment see {@link hostStorage} */
export function createWorkQueue(
  environment: Readonly<Record<string, string | undefined>>,
  identity: TokenCredential,
): WorkQueue {
  const open = async (name: string): Promise<QueueClient> => {
    const { QueueClient } = await import('@azure/storage-queue');
    const options = { retryOptions: { maxTries: 1 } };
    const storage = hostStorage(environment, 'queue');
    if (storage === undefined) {
      throw new BrokerError('storage_unreachable', { detail: "No setting names the queue's storage account." });
    }
    return 'url' in storage
      ? new QueueClient(`${storage.url}/${name}`, identity, options)
      : new QueueClient(storage.connectionString, name, options);
  };
  let opened: Promise<QueueClient> | undefined;
  /** The queue `work`, opened once: a tick of many shards sends thousands of messages. */
  const openWork = (): Promise<QueueClient> => {
    opened ??= open('work').catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
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
      throw unreachable(cause, data?.statusCode);
    }
  };
  const count = async (name: string): Promise<number> =>
    (await ask(name, (queue, abortSignal) => queue.getProperties({ abortSignal })))?.approximateMessagesCount ?? 0;

  return {
    async send(message, delayMs) {
      // As the host writes them: the trigger expects base64 (messageEncoding in host.json).
      const text = Buffer.from(JSON.stringify(withTrace(message))).toString('base64');
      const visibilityTimeout = Math.min(longestDelaySeconds, Math.max(0, Math.ceil(delayMs / 1000)));
      const queue = await openWork();
      const put = () => queue.sendMessage(text, { visibilityTimeout, abortSignal: AbortSignal.timeout(timeoutMs) });
      try {
        await put();
      } catch (cause) {
        const { data } = z.object({ statusCode: z.number() }).safeParse(cause);
        if (data?.statusCode !== 404) throw unreachable(cause, data?.statusCode);
        // The host makes the queue with its first message, and this one came before.
        await queue.createIfNotExists({ abortSignal: AbortSignal.timeout(timeoutMs) });
        await put();
      }
    },

    async tryWriting() {
      // Should it stay, it ends before it can be seen: an hour of life, of which it is seen in the last second.
      const unseen = { visibilityTimeout: probeLifeSeconds - 1, messageTimeToLive: probeLifeSeconds };
      await ask('work', async (queue, abortSignal) => {
        const { messageId, popReceipt } = await queue.sendMessage('', { ...unseen, abortSignal });
        await queue.deleteMessage(messageId, popReceipt, { abortSignal });
      });
    },

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

function unreachable(cause: unknown, statusCode: number | undefined): BrokerError {
  const isRefused = statusCode === 401 || statusCode === 403;
  const detail = isRefused
    ? "Azure Storage denies the app's identity access to the queue."
    : 'The queue is not responding.';
  return new BrokerError('storage_unreachable', { cause, detail });
}

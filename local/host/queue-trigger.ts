import type { DequeuedMessageItem, QueueClient, QueueServiceClient } from '@azure/storage-queue';
import { createBackOff } from './back-off.ts';
import type { QueueNumbers } from './host-json.ts';
import type { TypedData } from './rpc.ts';

export interface QueueFunction {
  readonly name: string;
  readonly queueName: string;
  /** Rejects where the function threw: the message then comes again or goes to the poison queue. */
  readonly invoke: (input: TypedData, metadata: Readonly<Record<string, TypedData>>, subject: string) => Promise<void>;
}

export interface QueueListener {
  readonly queueName: string;
  /** Looks at once instead of at the end of its back-off. */
  wake(): void;
  /** Takes no more messages; resolves when those under way are settled. */
  stop(): Promise<void>;
}

// What the listener requests when it takes a message, regardless of host.json: `visibilityTimeout` there is the wait
// after a failure. A message whose host dies is therefore unseen for ten minutes (QueueListener of the storage
// extension).
const leaseSeconds = 600;

/** Polls one queue and runs one function for each message, with the numbers of host.json. */
export function startQueueListener(
  service: QueueServiceClient,
  fn: QueueFunction,
  numbers: QueueNumbers,
  say: (text: string) => void,
): QueueListener {
  const queue = service.getQueueClient(fn.queueName);
  const stopping = new AbortController();
  const underWay = new Set<Promise<void>>();
  const backOff = createBackOff(numbers.maxPollingIntervalMs);
  let hasFound = false;
  let wakeUp: (() => void) | undefined;
  let woken = false;
  let broken = false;

  const rest = async (ms: number) => {
    if (woken || stopping.signal.aborted) {
      woken = false;
      return;
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    wakeUp = undefined;
    woken = false;
  };

  const poll = async () => {
    let found = 0;
    try {
      const answer = await queue.receiveMessages({
        numberOfMessages: numbers.batchSize,
        visibilityTimeout: leaseSeconds,
        abortSignal: stopping.signal,
      });
      found = answer.receivedMessageItems.length;
      broken = false;
      for (const message of answer.receivedMessageItems) {
        const work = handle(queue, service, fn, numbers, message, say)
          .catch((error: unknown) => say(`✗ queue ${fn.queueName} could not be written: ${nameOf(error)}`))
          .finally(() => underWay.delete(work));
        underWay.add(work);
      }
    } catch (error) {
      // A queue without a first message does not exist; the host waits for it silently.
      if (!stopping.signal.aborted && !isMissing(error) && !broken) {
        broken = true;
        say(`✗ queue ${fn.queueName} cannot be read: ${nameOf(error)}`);
      }
    }
    return found;
  };

  const loop = async () => {
    while (!stopping.signal.aborted) {
      // The next batch is fetched as soon as there is room.
      if (underWay.size > numbers.newBatchThreshold) {
        await Promise.race(underWay);
        continue;
      }
      if ((await poll()) > 0) {
        hasFound = true;
        continue;
      }
      await rest(backOff.next(hasFound));
      hasFound = false;
    }
    await Promise.all(underWay);
  };
  const ended = loop();
  return {
    queueName: fn.queueName,
    wake: () => {
      woken = true;
      wakeUp?.();
    },
    stop: async () => {
      stopping.abort();
      wakeUp?.();
      await ended;
    },
  };
}

async function handle(
  queue: QueueClient,
  service: QueueServiceClient,
  fn: QueueFunction,
  numbers: QueueNumbers,
  message: DequeuedMessageItem,
  say: (text: string) => void,
): Promise<void> {
  const toPoison = async (why: string) => {
    const poison = service.getQueueClient(`${fn.queueName}-poison`);
    await poison.createIfNotExists();
    await poison.sendMessage(message.messageText);
    await queue.deleteMessage(message.messageId, message.popReceipt);
    say(`✗ queue ${fn.queueName}: a message went to ${fn.queueName}-poison, ${why}`);
  };
  const text = decode(message.messageText);
  if (text === undefined) return toPoison('because it is not base64 text');
  if (message.dequeueCount > numbers.maxDequeueCount) return toPoison(`after ${numbers.maxDequeueCount} attempts`);
  const again = message.dequeueCount > 1 ? ` (attempt ${message.dequeueCount})` : '';
  try {
    await fn.invoke({ string: text }, metadataOf(message, text), `${fn.queueName} ${summary(text)}${again}`);
  } catch {
    // The invocation has written its line.
    if (message.dequeueCount >= numbers.maxDequeueCount) return toPoison(`after ${message.dequeueCount} attempts`);
    const { messageId, popReceipt, messageText } = message;
    await queue.updateMessage(messageId, popReceipt, messageText, numbers.visibilityTimeoutSeconds);
    return;
  }
  await queue.deleteMessage(message.messageId, message.popReceipt);
}

function decode(base64: string): string | undefined {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(base64) || base64.length % 4 !== 0) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(base64, 'base64'));
  } catch {
    return undefined;
  }
}

/** A message in a few words: `kind=shard shard=1` for an object, otherwise its text; always one short line. */
function summary(text: string): string {
  const line = pairs(text) ?? text.replaceAll(/\s+/g, ' ');
  return line.length > 100 ? `${line.slice(0, 97)}…` : line;
}

function pairs(text: string): string | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    const entries = Object.entries(JSON.parse(text));
    return entries
      .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
      .join(' ');
  } catch {
    return undefined;
  }
}

/** A message's metadata from the storage extension, as the worker receives it. */
function metadataOf(message: DequeuedMessageItem, text: string): Record<string, TypedData> {
  const date = (value: Date) => ({ json: JSON.stringify(value.toISOString()) });
  return {
    QueueTrigger: { string: text },
    Id: { string: message.messageId },
    PopReceipt: { string: message.popReceipt },
    DequeueCount: { int: message.dequeueCount },
    InsertionTime: date(message.insertedOn),
    ExpirationTime: date(message.expiresOn),
    NextVisibleTime: date(message.nextVisibleOn),
  };
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'statusCode' in error && error.statusCode === 404;
}

function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

import type { QueueServiceClient } from '@azure/storage-queue';
import type { TypedData } from './rpc.ts';

/**
 * The messages that an output binding's value stands for, as the Functions host splits it: each element of an array is
 * a message, also of one written as JSON text; objects become JSON text; nothing or `[]` is no message.
 */
export function messagesOf(data: TypedData | null | undefined): string[] {
  if (data === null || data === undefined) return [];
  if (data.json !== null && data.json !== undefined) return split(data.json);
  if (data.bytes) return [Buffer.from(data.bytes).toString('utf8')];
  const text = data.string ?? (data.int ?? data.double)?.toString();
  if (text === undefined) return [];
  return /^\s*\[/.test(text) ? split(text) : [text];
}

function split(json: string): string[] {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return [json];
  }
  if (value === null) return [];
  return (Array.isArray(value) ? value : [value]).map((item) =>
    typeof item === 'string' ? item : JSON.stringify(item),
  );
}

export interface QueueOutput {
  /** Writes messages in order; makes the queue if it is not there yet. */
  send(queueName: string, messages: readonly string[]): Promise<void>;
}

/**
 * @param notify is called with the queue's name after a write: the host wakes its own listener so (IMessageEnqueuedWatcher)
 */
export function createQueueOutput(service: QueueServiceClient, notify: (queueName: string) => void): QueueOutput {
  const known = new Set<string>();
  return {
    send: async (queueName, messages) => {
      if (messages.length === 0) return;
      const queue = service.getQueueClient(queueName);
      if (!known.has(queueName)) {
        await queue.createIfNotExists();
        known.add(queueName);
      }
      // messageEncoding base64 is the host's default, and what the trigger on the other side expects.
      for (const text of messages) await queue.sendMessage(Buffer.from(text, 'utf8').toString('base64'));
      notify(queueName);
    },
  };
}

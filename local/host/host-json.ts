import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** What the local host takes from host.json; the same file that is published. */
export interface HostJson {
  readonly functionTimeoutMs: number;
  readonly routePrefix: string;
  readonly queues: QueueNumbers;
}

export interface QueueNumbers {
  readonly batchSize: number;
  readonly newBatchThreshold: number;
  readonly maxPollingIntervalMs: number;
  readonly visibilityTimeoutSeconds: number;
  readonly maxDequeueCount: number;
}

// "hh:mm:ss", as .NET writes a TimeSpan.
const timeSpanMs = z
  .string()
  .regex(/^\d{2}:\d{2}:\d{2}$/, 'is not of the form hh:mm:ss')
  .transform((text) => {
    const [hours = 0, minutes = 0, seconds = 0] = text.split(':').map(Number);
    return ((hours * 60 + minutes) * 60 + seconds) * 1000;
  });

// Where host.json says nothing, the defaults of the Functions host and of its queue extension hold.
// https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue#hostjson-settings
const schema = z.object({
  version: z.literal('2.0'),
  functionTimeout: timeSpanMs.default(5 * 60_000),
  extensions: z
    .object({
      http: z.object({ routePrefix: z.string().default('api') }).prefault({}),
      queues: z
        .object({
          batchSize: z.int().min(1).max(32).default(16),
          newBatchThreshold: z.int().min(0).optional(),
          maxPollingInterval: timeSpanMs.default(60_000),
          visibilityTimeout: timeSpanMs.default(0),
          maxDequeueCount: z.int().min(1).default(5),
        })
        .prefault({}),
    })
    .prefault({}),
});

/** @throws Error that names the field, where host.json is not what the host takes */
export function readHostJson(path: string | URL): HostJson {
  const parsed = schema.safeParse(JSON.parse(readFileSync(path, 'utf8')));
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`);
    throw new Error(`host.json cannot be used: ${faults.join('; ')}`);
  }
  const { functionTimeout, extensions } = parsed.data;
  const { queues } = extensions;
  return {
    functionTimeoutMs: functionTimeout,
    routePrefix: extensions.http.routePrefix,
    queues: {
      batchSize: queues.batchSize,
      newBatchThreshold: queues.newBatchThreshold ?? Math.floor(queues.batchSize / 2),
      maxPollingIntervalMs: queues.maxPollingInterval,
      visibilityTimeoutSeconds: queues.visibilityTimeout / 1000,
      maxDequeueCount: queues.maxDequeueCount,
    },
  };
}

import { assumptions } from './cost-model.ts';

/** What Azure documents and cannot be measured on one machine. */
export const scaleAssumptions = {
  /** The default of POLL_INTERVAL, and the share of the mailboxes that a tick polls, as in docs/cost.md. */
  tickSeconds: assumptions.tickSeconds,
  polledShare: assumptions.polledShare,
  /** Ticks that are lived through, the first of which is not counted. */
  ticks: 4,
  tableSeconds: 0.01,
  queueSeconds: 0.01,
  imapRoundTripSeconds: 0.1,
  postSeconds: 0.2,
  graphSeconds: 0.5,
  /** Storage accounts among which the shards are divided. */
  accounts: 1,
  /** https://learn.microsoft.com/azure/storage/tables/scalability-targets: 20,000 requests a second, if a row is 1 KiB; 2,000 rows a partition. */
  accountUnitsPerSecond: 20_000,
  partitionUnitsPerSecond: 2_000,
  /** host.json: an instance takes 16 messages at a time, and more when 8 or fewer are left; it looks every 2 s when there were none. */
  batchSize: 16,
  newBatchThreshold: 8,
  lookSeconds: 2,
  /** Connects that a process has under way at a time, and mailboxes of a shard that deliver at a time. */
  connectsAtOnce: 100,
  deliveringAtOnce: 16,
  /** Shards that the timer asks for mail to send at a time: src/lib/submissions/due-lanes.ts. */
  askedAtOnce: 16,
  cores: 0.25,
  instanceGb: 0.5,
  warmSessions: 300,
  /** A message a mailbox in an hour of an office: 40 a day, in eight hours. */
  messagesPerMailboxAndHour: 5,
} as const;

export type ScaleAssumptions = { readonly [name in keyof typeof scaleAssumptions]: number };

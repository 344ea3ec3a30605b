import { defaultPollSeconds } from '../../src/lib/setting-defaults.ts';
import type { Counts } from './count.ts';

/**
 * List prices in USD, pay as you go, for East US, as known in October 2026; docs/cost.md says which were seen confirmed. Prices differ between regions and
 * change: check them before you rely on a figure.
 */
export const prices = {
  /** Flex Consumption, on demand: https://azure.microsoft.com/pricing/details/functions/ */
  gbSecond: 0.000026,
  executionsPerMillion: 0.4,
  freeGbSeconds: 100_000,
  freeExecutions: 250_000,
  /** https://azure.microsoft.com/pricing/details/storage/tables/ ; a batch is one transaction. */
  tablePer10k: 0.00036,
  /** https://azure.microsoft.com/pricing/details/storage/queues/ */
  queuePer10k: 0.004,
  /** https://azure.microsoft.com/pricing/details/key-vault/ */
  vaultPer10k: 0.03,
  /** Analytics logs: https://azure.microsoft.com/pricing/details/monitor/ ; the grant is one for each billing account. */
  logGb: 2.3,
  freeLogGb: 5,
  /** A log-search rule that looks every 15 minutes; the same page. */
  logRuleMonth: 0.5,
  /** https://azure.microsoft.com/pricing/details/azure-nat-gateway/ : 730 hours of $0.045. */
  natMonth: 32.85,
  /** A static address, 730 hours of $0.005: https://azure.microsoft.com/pricing/details/ip-addresses/ */
  addressMonth: 3.65,
  /** 730 hours of $0.01 each: https://azure.microsoft.com/pricing/details/private-link/ */
  endpointMonth: 7.3,
  /** https://azure.microsoft.com/pricing/details/dns/ */
  zoneMonth: 0.5,
} as const;

/** What no run on one machine can tell. */
export const assumptions = {
  instanceGb: 0.5,
  /** An instance of 512 MB has a quarter of a core: https://learn.microsoft.com/azure/azure-functions/flex-consumption-plan */
  cores: 0.25,
  /** An instance that is woken is billed for a second at least. */
  leastSeconds: 1,
  daysPerMonth: 30,
  tickSeconds: defaultPollSeconds.polled,
  /** Share of the mailboxes that are polled in a tick: those that have had mail within the hour, or usually get it now, and of the others one in a while. From bench/rhythm.json. */
  polledShare: 0.53,
  messagesPerMailboxAndDay: 40,
  tokensPerMailboxAndDay: 10,
  imapRoundTripSeconds: 0.1,
  tableSeconds: 0.015,
  /** NocoBase takes a message. */
  postSeconds: 0.2,
  /** Share of the polls that find their connection still open. */
  warmShare: 0.8,
  /** An access token lasts an hour or more; a new one reads the row of its grant and writes it. */
  tokenRefreshesPerMailboxAndDay: 24,
  refreshTableOperations: 2,
  /** Two secrets, each read again when it is needed and older than 5 minutes (src/lib/vault/reader.ts): the most there can be. */
  vaultReadsPerHour: 24,
  /** New instances in a day: deployments, moves, scale-out. */
  startsPerDay: 24,
  /** The host looks into the queue this often while an instance is awake, at most. */
  queueLooksPerMinute: 30,
  mailboxesPerShard: 64,
  housekeepingsPerDay: 288,
  /** The host logs each invocation once, as a request (host.json, `Host.Results`); that it begins and ends, it does not. */
  logRecordsPerExecution: 1,
  /** `dispatch.finished`, at every tick. */
  logRecordsPerTick: 1,
  /** `shard.finished`. A mail that is delivered has no line of its own: it is counted in this one. */
  logRecordsPerRun: 1,
  /** `token.renewed`. */
  logRecordsPerRefresh: 1,
  /** What Log Analytics bills for a record: a line of ours (at most 400 bytes), and the columns that Azure adds to it. */
  logRecordBytes: 1_200,
} as const;

/** Processor cores of an instance by its memory in MB: https://learn.microsoft.com/azure/azure-functions/flex-consumption-plan */
export const coresOf: Readonly<Record<512 | 2048 | 4096, number>> = { 512: 0.25, 2048: 1, 4096: 2 };

export type Assumptions = { readonly [name in keyof typeof assumptions]: number };

export interface Month {
  readonly mailboxes: number;
  readonly polls: number;
  readonly executions: number;
  readonly gbSeconds: number;
  readonly tableOperations: number;
  readonly queueOperations: number;
  readonly vaultReads: number;
  /** 10^9 bytes that go into Log Analytics. */
  readonly logGb: number;
  /** USD. */
  readonly compute: number;
  readonly storage: number;
  readonly total: number;
}

/** A month of `mailboxes` mailboxes, from what was counted. Pure. */
export function month(mailboxes: number, counts: Counts, given: Assumptions = assumptions): Month {
  const a = given;
  const { idle, message, housekeeping, start, token } = counts;
  const ticks = (a.daysPerMonth * 86_400) / a.tickSeconds;
  const shards = Math.ceil(mailboxes / a.mailboxesPerShard);
  const duePerTick = mailboxes * a.polledShare;
  const polls = ticks * duePerTick;
  const messages = mailboxes * a.messagesPerMailboxAndDay * a.daysPerMonth;
  const tokens = mailboxes * a.tokensPerMailboxAndDay * a.daysPerMonth;
  const housekeepings = a.housekeepingsPerDay * a.daysPerMonth;
  const refreshes = mailboxes * a.tokenRefreshesPerMailboxAndDay * a.daysPerMonth;

  // Mailboxes and shards wait for their servers at the same time; their work on the processor adds up.
  const mix = (warm: number, cold: number) => a.warmShare * warm + (1 - a.warmShare) * cold;
  const slowestPoll = idle.coldCommands * a.imapRoundTripSeconds;
  const processor = (duePerTick * mix(idle.warmCpuMs, idle.coldCpuMs)) / 1000 / a.cores;
  const runSeconds = Math.max(a.leastSeconds, idle.shardTableOperations * a.tableSeconds + slowestPoll, processor);
  const messageSeconds =
    message.commands * a.imapRoundTripSeconds +
    a.postSeconds +
    message.tableOperations * a.tableSeconds +
    message.cpuMs / 1000 / a.cores;
  // The timer runs the only shard itself; several get their runs through the queue, in another instance.
  const queued = shards > 1 ? shards : 0;
  const seconds =
    (queued > 0 ? ticks * a.leastSeconds : 0) +
    ticks * runSeconds +
    messages * messageSeconds +
    housekeepings * a.leastSeconds +
    tokens * a.leastSeconds;

  const executions = ticks * (1 + queued) + housekeepings + tokens;
  const gbSeconds = seconds * a.instanceGb;
  const tableOperations =
    ticks * (idle.dispatchTableOperations + shards * idle.shardTableOperations) +
    messages * message.tableOperations +
    housekeepings * shards * housekeeping.tableOperations +
    tokens * token.tableOperations +
    refreshes * a.refreshTableOperations;
  // A hint is put, taken and deleted.
  const queueOperations = ticks * queued * 3 + a.queueLooksPerMinute * 1440 * a.daysPerMonth;
  const vaultReads =
    ticks * shards * idle.vaultReads +
    housekeepings * housekeeping.vaultReads +
    a.vaultReadsPerHour * 24 * a.daysPerMonth +
    a.startsPerDay * a.daysPerMonth * start.vaultReads;

  const logRecords =
    executions * a.logRecordsPerExecution +
    ticks * (a.logRecordsPerTick + shards * a.logRecordsPerRun) +
    refreshes * a.logRecordsPerRefresh;

  const compute =
    Math.max(0, gbSeconds - prices.freeGbSeconds) * prices.gbSecond +
    (Math.max(0, executions - prices.freeExecutions) / 1_000_000) * prices.executionsPerMillion;
  const storage =
    (tableOperations * prices.tablePer10k + queueOperations * prices.queuePer10k + vaultReads * prices.vaultPer10k) /
    10_000;
  return {
    mailboxes,
    polls,
    executions,
    gbSeconds,
    tableOperations,
    queueOperations,
    vaultReads,
    logGb: (logRecords * a.logRecordBytes) / 1e9,
    compute,
    storage,
    total: compute + storage,
  };
}

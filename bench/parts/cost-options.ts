import { type Assumptions, assumptions, coresOf, month, prices } from './cost-model.ts';
import type { Counts } from './count.ts';

/** What a deployment may have beyond the broker itself. */
export interface CostOptions {
  readonly mailboxes: number;
  readonly memoryMb: 512 | 2048 | 4096;
  readonly network: 'none' | 'nat' | 'private';
  /** A second storage account for the tables. */
  readonly separateTables: boolean;
  /** Alert rules of a log search; each has its price. */
  readonly logRules: number;
}

export interface CostLine {
  readonly name: string;
  /** USD a month. */
  readonly usd: number;
  readonly note?: string;
}

export interface Price {
  /** What is used: Functions, storage, Key Vault, and the log within its free grant. */
  readonly lines: readonly CostLine[];
  /** Of all lines. */
  readonly total: number;
  /** The log where another app of the same billing account has used the grant up; not in the total. */
  readonly logWithoutGrant: CostLine;
}

/** Endpoints of network `private` (infra/modules/private-endpoints.bicep): blob, queue, table, vault, each with its zone. */
const privateEndpoints = 4;

const gb = (value: number): string => `${value < 0.1 ? value.toFixed(2) : value.toFixed(1)} GB`;

/** A month of the options chosen, line by line, from the model of docs/cost.md. Pure. */
export function priceOf(options: CostOptions, counts: Counts, given: Assumptions = assumptions): Price {
  const { mailboxes, memoryMb, network, separateTables, logRules } = options;
  const use = month(mailboxes, counts, { ...given, instanceGb: memoryMb / 1024, cores: coresOf[memoryMb] });
  const paidGb = Math.max(0, use.logGb - prices.freeLogGb);
  const lines: CostLine[] = [
    { name: 'Functions', usd: use.compute, note: `${memoryMb} MB, within the free grant of the subscription` },
    { name: 'Storage and Key Vault', usd: use.storage },
    { name: 'Log', usd: paidGb * prices.logGb, note: `${gb(use.logGb)}; the first ${prices.freeLogGb} GB are free` },
  ];
  if (logRules > 0) {
    lines.push({ name: 'Alerts', usd: logRules * prices.logRuleMonth, note: `${logRules} log-search rules` });
  }
  if (network !== 'none') {
    const note = 'NAT gateway and a static address, before the traffic';
    lines.push({ name: 'Network', usd: prices.natMonth + prices.addressMonth, note });
  }
  if (network === 'private') {
    const endpoints = privateEndpoints + (separateTables ? 1 : 0);
    const usd = endpoints * prices.endpointMonth + privateEndpoints * prices.zoneMonth;
    lines.push({ name: 'Private endpoints', usd, note: `${endpoints} endpoints, ${privateEndpoints} DNS zones` });
  }
  return {
    lines,
    total: lines.reduce((sum, { usd }) => sum + usd, 0),
    logWithoutGrant: { name: 'Log, if the grant is used up already', usd: use.logGb * prices.logGb },
  };
}

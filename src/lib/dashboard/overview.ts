import type { ApiKeyInfo, ApiKeys } from '../access/api-keys.ts';
import type { DestinationView } from '../delivery/destination-view.ts';
import type { Destinations } from '../delivery/destinations.ts';
import type { Clock } from '../domain/clock.ts';
import { dayMs } from '../domain/duration.ts';
import { shardKey } from '../domain/ids.ts';
import type { AuditTrail, AuditTrailEntry } from '../store/deployment/audit-trail.ts';
import type { Deliveries, Delivery } from '../store/mailboxes/deliveries.ts';
import { type PollFacts, readPollFacts } from '../store/mailboxes/poll-facts.ts';
import type { MailboxView, Registry } from '../store/mailboxes/registry.ts';
import { hourOf, hoursKept } from '../store/rows/hour-counts.ts';
import { shardRowKey } from '../store/rows/keys.ts';
import type { HourCounts, MailboxRow, MailboxState } from '../store/rows/rows.ts';
import { decodeShard } from '../store/rows/shard-row.ts';
import type { Directory } from '../store/shard/directory.ts';
import { readSendingFacts, type SendingFacts } from '../store/submissions/sending-facts.ts';
import { everyItem } from '../store/table/every-item.ts';
import type { Store } from '../store/table/table.ts';

/** A mailbox with how its polling goes. */
export interface MailboxLine {
  readonly view: MailboxView;
  readonly facts: PollFacts | undefined;
}

/** A mailbox with how its sending goes. */
export interface SendingLine {
  readonly address: string;
  readonly facts: SendingFacts;
}

/** What the dashboard shows at once. Lists are cut to what a person reads; the counts are of all. */
export interface Overview {
  readonly at: Date;
  /** Those that are in trouble first. */
  readonly mailboxes: readonly MailboxLine[];
  readonly counts: Readonly<Partial<Record<MailboxState, number>>>;
  readonly destinations: readonly DestinationView[];
  /** Of the mailboxes that are shown, those with something to report about sending. */
  readonly sending: readonly SendingLine[];
  readonly deliveries: readonly Delivery[];
  readonly moreDeliveries: boolean;
  readonly keys: readonly ApiKeyInfo[];
  readonly audit: readonly AuditTrailEntry[];
  /** One for each hour of the last day, oldest first. */
  readonly hours: readonly HourCounts[];
}

export interface OverviewDeps {
  readonly store: Store;
  readonly directory: Pick<Directory, 'shards'>;
  readonly registry: Pick<Registry, 'list'>;
  readonly destinations: Pick<Destinations, 'list'>;
  readonly deliveries: Pick<Deliveries, 'list'>;
  readonly apiKeys: Pick<ApiKeys, 'list'>;
  readonly trail: AuditTrail;
  readonly clock: Clock;
}

const mostMailboxes = 200;
const mostDeliveries = 50;
const mostAudit = 50;
const pageSize = 500;

/** Reads everything side by side. @throws BrokerError, StoreError where the tables cannot be read */
export async function readOverview(deps: OverviewDeps): Promise<Overview> {
  const { clock } = deps;
  const at = new Date(clock.now());
  const [views, destinations, deliveries, keys, audit, hours] = await Promise.all([
    allMailboxes(deps.registry),
    deps.destinations.list(),
    deps.deliveries.list({ limit: mostDeliveries }),
    deps.apiKeys.list(),
    deps.trail.latest(at, mostAudit),
    readHours(deps, at),
  ]);
  const shown = inOrder(views).slice(0, mostMailboxes);
  const rows = shown.map(({ row }) => row);
  const [facts, sending] = await Promise.all([
    readPollFacts(deps.store, rows),
    readSendingFacts(deps.store, rows, { now: at, since: new Date(at.getTime() - dayMs) }),
  ]);
  return {
    at,
    mailboxes: shown.map((view) => ({ view, facts: facts.get(view.row.id) })),
    counts: countsOf(views),
    destinations,
    sending: sendingLines(rows, sending),
    deliveries: deliveries.items,
    moreDeliveries: deliveries.cursor !== undefined,
    keys,
    audit,
    hours,
  };
}

/** Those of which there is something to tell, in the order of the mailboxes. Pure. */
export const sendingLines = (
  rows: readonly Pick<MailboxRow, 'id' | 'address'>[],
  all: ReadonlyMap<string, SendingFacts>,
): SendingLine[] =>
  rows.flatMap(({ id, address }) => {
    const facts = all.get(id);
    const isTold =
      facts !== undefined && (facts.waiting + facts.unknown + facts.failed > 0 || facts.hold !== undefined);
    return isTold ? [{ address, facts }] : [];
  });

async function allMailboxes(registry: OverviewDeps['registry']): Promise<MailboxView[]> {
  const views: MailboxView[] = [];
  for await (const view of everyItem((cursor) => registry.list({ limit: pageSize, cursor }))) views.push(view);
  return views;
}

const isWell = ({ shown }: MailboxView): boolean => shown === 'active';

/** Those in trouble first, each by its address. Pure. */
export const inOrder = (views: readonly MailboxView[]): MailboxView[] =>
  views.toSorted((a, b) => Number(isWell(a)) - Number(isWell(b)) || a.row.address.localeCompare(b.row.address));

/** Pure. */
export function countsOf(views: readonly MailboxView[]): Overview['counts'] {
  const counts: Partial<Record<MailboxState, number>> = {};
  for (const { shown } of views) counts[shown] = (counts[shown] ?? 0) + 1;
  return counts;
}

async function readHours({ store, directory }: OverviewDeps, at: Date): Promise<HourCounts[]> {
  const shards = await directory.shards();
  const rows = await Promise.all(shards.map(({ shard }) => store.table('mail').get(shardKey(shard), shardRowKey)));
  return lastDay(
    rows.flatMap((row) => (row === undefined ? [] : [decodeShard(row).hours])),
    hourOf(at),
  );
}

/** The hours of all shards added up, with zeros where nothing happened. Pure. */
export function lastDay(shards: readonly (readonly HourCounts[])[], now: number): HourCounts[] {
  return Array.from({ length: hoursKept }, (_, index) => {
    const hour = now - hoursKept + 1 + index;
    const sum = { hour, delivered: 0, failed: 0, dead: 0 };
    for (const counts of shards.flat().filter((each) => each.hour === hour)) {
      sum.delivered += counts.delivered;
      sum.failed += counts.failed;
      sum.dead += counts.dead;
    }
    return sum;
  });
}

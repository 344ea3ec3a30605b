import { createBoundedMap } from '../domain/bounded-map.ts';
import type { Clock } from '../domain/clock.ts';
import { dayMs, hourMs } from '../domain/duration.ts';
import type { GraphMailToken } from '../entra/graph-mail-token.ts';
import { isBrokerError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Registry } from '../store/mailboxes/registry.ts';
import type { MailboxSubscriptions, Subscription, SubscriptionRows } from '../store/mailboxes/subscriptions.ts';
import type { MailboxRow } from '../store/rows/rows.ts';
import type { Store } from '../store/table/table.ts';
import type { ClientStates } from './client-state.ts';
import { type DueInShard, dueInShard } from './due.ts';
import type { GraphResult, GraphSubscriptions } from './graph-subscriptions.ts';
import { afterNews, folderOf, lifetimeMs, type News, planSubscriptions, type Step, wantedOf } from './plan.ts';

export interface BellsDeps {
  readonly store: Store;
  readonly registry: Pick<Registry, 'get'>;
  readonly rows: SubscriptionRows;
  readonly token: GraphMailToken;
  readonly graph: GraphSubscriptions;
  readonly states: ClientStates;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}

/**
 * What came of looking after a mailbox. `throttled`: Graph asked for a wait, which the row notes; others of its tenant
 * are likely to be told the same.
 */
export type Kept = 'nothing' | 'done' | 'failed' | 'throttled';

/** Looks after the subscriptions of mailboxes. */
export interface Bells {
  /**
   * Makes, renews and drops what there is to make, renew and drop. Why something could not be done is noted in the row.
   * @throws BrokerError `storage_unreachable` | `conflict`
   */
  keep(mailboxId: string, occasion: News | 'connected' | 'housekeeping'): Promise<Kept>;
  /** The mailboxes of a shard that have something to make, renew or drop now. @throws BrokerError `storage_unreachable` */
  due(shard: number): Promise<DueInShard>;
  /** Ends what a mailbox has that is being removed. A subscription that cannot be ended expires within seven days. */
  remove(mailbox: MailboxRow): Promise<void>;
  /** Whether Graph has been asked to announce the mail of a mailbox; what is remembered is up to 10 minutes old. */
  has(mailboxId: string): Promise<boolean>;
}

/** At most one request to Graph for a mailbox at a time. */
const claimMs = 2 * 60_000;
/** A refusal is of a permission that someone has to give; a failure passes. */
const refusedMs = dayMs;
const failedMs = hourMs;
const rememberMs = 10 * 60_000;

/** What came of an attempt: by folder what it has now. */
interface Outcome extends Pick<MailboxSubscriptions, 'code' | 'tryAfter'> {
  readonly folders: ReadonlyMap<string, Subscription | undefined>;
  readonly kept: Kept;
}

/** Two notifications about two folders may be worked on at the same moment: each notes its own folder alone. */
const noted = (row: MailboxSubscriptions, { folders, code, tryAfter }: Outcome): MailboxSubscriptions => ({
  ...{ code, tryAfter },
  subscriptions: [
    ...row.subscriptions.filter(({ folderId }) => !folders.has(folderId)),
    ...[...folders.values()].flatMap((one) => one ?? []),
  ],
});

export function createBells(deps: BellsDeps): Bells {
  const { rows, graph, states, clock, log } = deps;
  const remembered = createBoundedMap<string, { readonly has: boolean; readonly until: number }>(10_000);
  const permissions = ['Mail.ReadBasic'] as const;

  async function take(
    mailbox: MailboxRow,
    token: string,
    step: Step,
  ): Promise<GraphResult & { readonly kid?: string }> {
    if (step.kind === 'drop') return graph.delete(token, step.known.id);
    const expiresAt = new Date(clock.now() + lifetimeMs);
    if (step.kind === 'renew') {
      const renewed = await graph.renew(token, step.known.id, expiresAt);
      if (renewed.kind !== 'gone') return { ...renewed, kid: step.known.kid };
    }
    const { folderId, resource } = step.wanted;
    const { clientState, kid } = await states.make({ mailboxId: mailbox.id, folderId });
    if (step.kind === 'make' && step.instead !== undefined) await graph.delete(token, step.instead.id);
    const wanted = { resource, clientState, expiresAt };
    let result = await graph.create(token, wanted);
    if (result.kind === 'exists') {
      // One whose id was never noted: an answer was lost.
      for (const id of await graph.find(token, resource)) await graph.delete(token, id);
      result = await graph.create(token, wanted);
    }
    return { ...result, kid };
  }

  async function work(mailbox: MailboxRow, steps: readonly Step[]): Promise<Outcome> {
    const folders = new Map<string, Subscription | undefined>();
    const ended = (code: string, waitMs: number, status?: number, kept: Kept = 'failed'): Outcome => {
      if (code !== '') log.warn('bell.not_subscribed', { mailboxId: mailbox.id, code, ...(status && { status }) });
      return { folders, code, tryAfter: new Date(clock.now() + waitMs), kept };
    };
    let token: string | undefined;
    try {
      token = await deps.token(mailbox, permissions, { force: false });
    } catch (error) {
      if (!isBrokerError(error)) throw error;
      return ended(error.code, error.retry?.afterMs ?? failedMs);
    }
    if (token === undefined) return ended('consent_missing', refusedMs);
    let isMissing = false;
    for (const step of steps) {
      const folderId = folderOf(step);
      const result = await take(mailbox, token, step);
      if (result.kind === 'later') {
        const kept = result.afterMs === undefined ? 'failed' : 'throttled';
        return ended('graph_unreachable', result.afterMs ?? failedMs, undefined, kept);
      }
      // Anything else than a lacking permission: Graph could not reach us to validate the address, for one.
      if (result.kind === 'refused' && result.status !== 403)
        return ended('graph_unreachable', failedMs, result.status);
      if (result.kind === 'refused') return ended('consent_missing', refusedMs, result.status);
      if (result.kind === 'token' || result.kind === 'exists') return ended('graph_unreachable', failedMs);
      isMissing ||= result.kind === 'gone' && step.kind !== 'drop';
      if (step.kind === 'drop' || result.kind !== 'done') folders.set(folderId, undefined);
      else folders.set(folderId, { folderId, id: result.id, expiresAt: result.expiresAt, kid: result.kid ?? '' });
    }
    // Graph has no such folder. The others have their bells.
    if (isMissing) return ended('graph_unreachable', refusedMs, 404);
    log.info('bell.subscribed', { mailboxId: mailbox.id, subscriptions: folders.size });
    return ended('', 0, undefined, 'done');
  }

  return {
    async keep(mailboxId, occasion) {
      const news = typeof occasion === 'object' ? occasion : undefined;
      const mailbox = (await deps.registry.get(mailboxId))?.row;
      if (mailbox === undefined) return 'nothing';
      const wanted = wantedOf(mailbox);
      const now = clock.now();
      const kid = await states.currentKid();
      let known: readonly Subscription[] = [];
      let steps: readonly Step[] = [];
      await rows.change(mailboxId, (row) => {
        known = row?.subscriptions ?? [];
        // A sign-in may have brought what was refused before; without a code someone else is at work just now. The wait
        // that Graph asked for holds for what it says itself, too.
        const isOpen =
          row !== undefined && (occasion === 'connected' ? row.code !== '' : news && row.code !== 'graph_unreachable');
        const mayTry = row === undefined || row.tryAfter.getTime() <= now || isOpen;
        steps = mayTry ? planSubscriptions(wanted, known, { now, kid, news }) : [];
        const subscriptions = afterNews(known, news, now);
        if (steps.length > 0) return { subscriptions, code: row?.code ?? '', tryAfter: new Date(now + claimMs) };
        return row === undefined || news === undefined || mayTry ? 'keep' : { ...row, subscriptions };
      });
      remembered.delete(mailboxId);
      if (steps.length === 0) return 'nothing';
      const after = await work(mailbox, steps);
      // Without a row the mailbox was removed meanwhile; what was made for it expires.
      await rows.change(mailboxId, (row) => (row === undefined ? 'keep' : noted(row, after)));
      remembered.delete(mailboxId);
      return after.kept;
    },

    due: async (shard) => dueInShard(deps, shard, { now: clock.now(), kid: await states.currentKid() }),

    async remove(mailbox) {
      const row = await rows.read(mailbox.id);
      if (row === undefined) return;
      const token = await deps.token(mailbox, permissions, { force: false }).catch(() => undefined);
      if (token !== undefined) for (const { id } of row.subscriptions) await graph.delete(token, id);
      await rows.change(mailbox.id, () => 'delete');
    },

    async has(mailboxId) {
      const now = clock.now();
      const known = remembered.get(mailboxId);
      if (known !== undefined && known.until > now) return known.has;
      const row = await rows.read(mailboxId).catch(() => undefined);
      const has = row?.subscriptions.some(({ expiresAt }) => expiresAt.getTime() > now) ?? false;
      remembered.set(mailboxId, { has, until: now + rememberMs });
      return has;
    },
  };
}

import { dayMs } from '../domain/duration.ts';
import type { FolderRole } from '../domain/mail/folder.ts';
import type { Subscription } from '../store/mailboxes/subscriptions.ts';
import type { MailboxRow } from '../store/rows/rows.ts';

/** 10,080 minutes: the longest that a subscription to messages lives without their content. https://learn.microsoft.com/graph/api/resources/subscription#subscription-lifetime */
export const lifetimeMs = 7 * dayMs - 60_000;

/** With so much left of it a subscription is renewed: three days of outage do no harm. */
export const renewBeforeMs = 4 * dayMs;

/** Well-known names of folders. https://learn.microsoft.com/graph/api/resources/mailfolder#properties */
const names: Readonly<Partial<Record<FolderRole, string>>> = {
  inbox: 'inbox',
  sent: 'sentitems',
  archive: 'archive',
  drafts: 'drafts',
  junk: 'junkemail',
  trash: 'deleteditems',
};

/** A folder that can have a bell, and what is subscribed to. */
export interface Wanted {
  readonly folderId: string;
  readonly resource: string;
}

/**
 * What is to be watched of a mailbox. A folder without a role has no name at Graph that is ours to know. A mailbox that is
 * shared with a person has no bell: `Mail.ReadBasic` opens her own alone.
 */
export function wantedOf({ grant, shared, deletedAt, folders, address }: MailboxRow): readonly Wanted[] {
  if (deletedAt !== undefined || (grant.kind === 'user' && shared)) return [];
  const owner = grant.kind === 'user' ? 'me' : `users/${encodeURIComponent(address)}`;
  return folders.flatMap(({ id, role }) => {
    const name = role === undefined ? undefined : names[role];
    return name === undefined ? [] : [{ folderId: id, resource: `${owner}/mailFolders('${name}')/messages` }];
  });
}

export type Step =
  | { readonly kind: 'make'; readonly wanted: Wanted; readonly instead?: Subscription }
  | { readonly kind: 'renew'; readonly wanted: Wanted; readonly known: Subscription }
  | { readonly kind: 'drop'; readonly known: Subscription };

/** The folder that a step is about. */
export const folderOf = (step: Step): string => (step.kind === 'drop' ? step.known.folderId : step.wanted.folderId);

export interface News {
  readonly folderId: string;
  /** Microsoft says it has removed the subscription; else that it wants it renewed. */
  readonly isLost: boolean;
}

/**
 * What is still known after Microsoft's word about a subscription, so that a request that fails is made up for: a lost one
 * is made anew, and one that has to be renewed counts as near its end. Pure.
 */
export function afterNews(
  known: readonly Subscription[],
  news: News | undefined,
  now: number,
): readonly Subscription[] {
  const soon = now + renewBeforeMs - 1;
  return known.flatMap((one) => {
    if (one.folderId !== news?.folderId) return one;
    return news.isLost ? [] : { ...one, expiresAt: new Date(Math.min(one.expiresAt.getTime(), soon)) };
  });
}

/**
 * What there is to do. Pure. Microsoft's word about one folder leads to work on that folder alone: its words about the
 * others are worked on at the same moment, and a subscription that two make at once exists twice.
 * @param kid of the key under which clientStates are made now: an older one may be disabled
 */
export function planSubscriptions(
  wanted: readonly Wanted[],
  known: readonly Subscription[],
  at: { readonly now: number; readonly kid: string; readonly news?: News | undefined },
): readonly Step[] {
  const steps: Step[] = known
    .filter((one) => !wanted.some(({ folderId }) => folderId === one.folderId))
    .map((one) => ({ kind: 'drop', known: one }));
  for (const one of wanted) {
    const has = known.find(({ folderId }) => folderId === one.folderId);
    const news = at.news?.folderId === one.folderId ? at.news : undefined;
    const leftMs = (has?.expiresAt.getTime() ?? 0) - at.now;
    if (has === undefined || leftMs <= 0 || news?.isLost === true) steps.push({ kind: 'make', wanted: one });
    else if (has.kid !== at.kid) steps.push({ kind: 'make', wanted: one, instead: has });
    else if (news !== undefined || leftMs < renewBeforeMs) steps.push({ kind: 'renew', wanted: one, known: has });
  }
  return steps.filter((step) => at.news === undefined || folderOf(step) === at.news.folderId);
}

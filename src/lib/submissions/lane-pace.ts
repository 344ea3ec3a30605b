import { dayMs, hourMs, minuteMs } from '../domain/duration.ts';
import type { SendVia, Submission, WayName } from '../domain/submission.ts';
import { personalTenant } from '../entra/personal-tenant.ts';
import type { StoredCode } from '../error-codes.ts';
import { largestGraphBytes } from '../send/way.ts';
import type { MailboxRow } from '../store/rows/rows.ts';
import type { Hold, LaneRow, ShutWay } from '../store/submissions/lane-row.ts';
import type { LaneFacts } from './lane-lease.ts';

/**
 * Limits of Exchange Online for a mailbox; what Exchange says counts more, since other programs send, too.
 * https://learn.microsoft.com/office365/servicedescriptions/exchange-online-service-description/exchange-online-limits#sending-limits
 */
const messagesAMinute = 30;
const recipientsADay = 10_000;

/** What bulk leaves to people who wait for their mail to go. */
const bulkAMinute = 25;

/** What was sent up to a minute ago counts for the pace, and up to a day ago for the recipients. */
export function paced(facts: LaneFacts, at: Date, recipients: number): LaneFacts {
  const hour = Math.floor(at.getTime() / hourMs);
  const others = facts.hours.filter((each) => each.hour > hour - 24 && each.hour !== hour);
  const before = facts.hours.find((each) => each.hour === hour)?.recipients ?? 0;
  return {
    ...facts,
    recent: [...facts.recent.filter((each) => at.getTime() - each.getTime() < minuteMs), at],
    hours: [...others, { hour, recipients: before + recipients }].sort((a, b) => a.hour - b.hour),
  };
}

/**
 * Why the lane sends nothing of this priority just now, and until when; undefined: it may.
 * @param elsewhere a hold that others have noted; see holds.ts
 */
export function holdOf(
  facts: LaneFacts,
  elsewhere: Hold | undefined,
  priority: Submission['priority'],
  now: Date,
): Hold | undefined {
  for (const hold of [facts.hold, elsewhere]) if (hold !== undefined && now < hold.until) return hold;
  const isFull = dayHold(facts, 1, now);
  if (isFull !== undefined) return isFull;
  const recent = facts.recent.filter((each) => now.getTime() - each.getTime() < minuteMs);
  const most = priority === 'bulk' ? bulkAMinute : messagesAMinute;
  const oldest = recent.at(-most);
  return oldest === undefined ? undefined : { code: 'submission_pace', until: new Date(oldest.getTime() + minuteMs) };
}

/**
 * Why a message to so many recipients has to wait: with them there would be more in a day than Exchange takes. A message to
 * more than that alone goes out on an empty day, and Exchange says what it thinks.
 */
export function dayHold({ hours }: Pick<LaneFacts, 'hours'>, recipients: number, now: Date): Hold | undefined {
  const hour = Math.floor(now.getTime() / hourMs);
  const day = hours.filter((each) => each.hour > hour - 24);
  let sum = day.reduce((total, each) => total + each.recipients, 0);
  const room = Math.max(0, recipientsADay - recipients);
  let last: number | undefined;
  for (const each of day) {
    if (sum <= room) break;
    sum -= each.recipients;
    last = each.hour;
  }
  return last === undefined ? undefined : { code: 'submission_quota', until: new Date((last + 24) * hourMs) };
}

/** What chooses a way, of a mailbox. */
export interface MailboxWays {
  readonly id: string;
  readonly sendVia: SendVia;
  /** Personal accounts were seen to refuse SMTP AUTH altogether. */
  readonly isPersonal: boolean;
  /** Opened through a person. Drafts in it would need `Mail.ReadWrite.Shared`, which is not asked for. */
  readonly isShared: boolean;
}

export const mailboxWays = ({ id, grant, shared }: MailboxRow, sendVia: SendVia): MailboxWays => ({
  id,
  sendVia,
  isPersonal: grant.tid === personalTenant,
  isShared: grant.kind === 'user' && shared,
});

/**
 * By which way a message goes (pure). One that was shut is left alone for a while; where no other is open it is tried again
 * sooner, since someone who waits for it may have opened it.
 * @param open the ways that this deployment has
 * @returns the way, or the code that says why there is none
 */
export function chooseWay(
  message: Pick<Submission, 'way' | 'size'>,
  mailbox: MailboxWays,
  lane: Pick<LaneRow, 'shut'>,
  open: readonly WayName[],
  now: Date,
): { readonly way: WayName } | { readonly code: StoredCode } {
  const shut = (way: WayName): ShutWay | undefined =>
    lane.shut.find((each) => each.way === way && (each.mailboxId ?? mailbox.id) === mailbox.id);
  const isShut = (way: WayName, forMs?: number): boolean => {
    const last = shut(way);
    return last !== undefined && now.getTime() - last.at.getTime() < (forMs ?? shutForMs(last.code));
  };
  const possible = wantedWays(message, mailbox);
  const wanted = possible.filter((way) => open.includes(way));
  const way = wanted.find((each) => !isShut(each)) ?? wanted.find((each) => !isShut(each, tryAgainMs));
  if (way !== undefined) return { way };
  const why = wanted.map(shut).find((each) => each !== undefined);
  const isTooLarge = open.includes('graph') && !possible.includes('graph') && mailbox.sendVia === 'graph';
  return { code: why?.code ?? (isTooLarge ? 'graph_mail_too_large' : 'submission_no_way') };
}

/** Where no way is open, the one that was shut longest ago is tried again after so long. */
export const tryAgainMs = 15 * minuteMs;

/** Whether SMTP AUTH is still disabled is looked at daily; a consent may be given at any moment, and costs one request to know. */
const shutForMs = (code: StoredCode): number => (code === 'send_consent_required' ? tryAgainMs : dayMs);

function wantedWays(
  { way, size }: Pick<Submission, 'way' | 'size'>,
  { sendVia, isPersonal, isShared }: MailboxWays,
): readonly WayName[] {
  // After a mark it never changes: what may have left by one way must not leave by another.
  if (way !== undefined) return [way];
  const drafts: readonly WayName[] = isShared ? [] : ['graph_draft'];
  const graph: readonly WayName[] = size <= largestGraphBytes ? ['graph'] : drafts;
  if (sendVia === 'smtp') return ['smtp'];
  if (sendVia === 'graph') return graph;
  return isPersonal ? [...graph, 'smtp'] : ['smtp', ...graph];
}

/** Notes that a way is shut; the newest word on it counts. What is older than a day says nothing any more. */
export const shutting = (facts: LaneFacts, shut: ShutWay): LaneFacts => ({
  ...facts,
  shut: [
    ...facts.shut.filter(
      ({ way, mailboxId, at }) =>
        (way !== shut.way || mailboxId !== shut.mailboxId) && shut.at.getTime() - at.getTime() < dayMs,
    ),
    shut,
  ],
});

/** What a sign-in, or a consent with it, may have opened since; SMTP AUTH is a matter of the administrator. */
const openedBySignIn: ReadonlySet<string> = new Set(['send_consent_required', 'smtp_sign_in_refused']);

/** Whether it is worth asking when the account last signed in. */
export const mayBeReopened = ({ shut }: Pick<LaneFacts, 'shut'>): boolean =>
  shut.some(({ code }) => openedBySignIn.has(code));

/** Without what was shut before the account signed in again. */
export const reopened = (facts: LaneFacts, at: Date | undefined): LaneFacts =>
  at === undefined
    ? facts
    : { ...facts, shut: facts.shut.filter((each) => !openedBySignIn.has(each.code) || each.at > at) };

/** An account or a tenant is held for as long as the server says, or for an hour. */
export const holdUntil = (now: Date, retryAfterMs: number | undefined): Date =>
  new Date(now.getTime() + (retryAfterMs ?? hourMs));

import { dayMs, hourMs, minuteMs } from '../domain/duration.ts';
import type { Submission, WayName } from '../domain/submission.ts';
import { largestGraphBytes } from '../send/way.ts';
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
  const hour = Math.floor(now.getTime() / hourMs);
  const day = facts.hours.filter((each) => each.hour > hour - 24);
  if (day.reduce((sum, each) => sum + each.recipients, 0) >= recipientsADay) {
    return { code: 'submission_quota', until: new Date(((day[0]?.hour ?? hour) + 24) * hourMs) };
  }
  const recent = facts.recent.filter((each) => now.getTime() - each.getTime() < minuteMs);
  const most = priority === 'bulk' ? bulkAMinute : messagesAMinute;
  const oldest = recent.at(-most);
  return oldest === undefined ? undefined : { code: 'submission_pace', until: new Date(oldest.getTime() + minuteMs) };
}

/** What the administrator wants for a mailbox. */
export const sendVias = ['auto', 'smtp', 'graph'] as const;
export type SendVia = (typeof sendVias)[number];

/** A way that was shut is tried again after so long. */
const shutForMs = dayMs;

/**
 * By which way a message goes (pure).
 * @param open the ways that this deployment has
 * @returns the way, or the code that says why there is none
 */
export function chooseWay(
  message: Pick<Submission, 'way' | 'size'>,
  mailbox: { readonly sendVia: SendVia; readonly isPersonal: boolean },
  lane: Pick<LaneRow, 'shut'>,
  open: readonly WayName[],
  now: Date,
): { readonly way: WayName } | { readonly code: string } {
  const isShut = (way: WayName): ShutWay | undefined =>
    lane.shut.find((each) => each.way === way && now.getTime() - each.at.getTime() < shutForMs);
  const wanted = wantedWays(message, mailbox).filter((way) => open.includes(way));
  const way = wanted.find((each) => isShut(each) === undefined);
  if (way !== undefined) return { way };
  const why = wanted.map(isShut).find((each) => each !== undefined);
  return { code: why?.code ?? 'submission_no_way' };
}

function wantedWays(
  { way, size }: Pick<Submission, 'way' | 'size'>,
  { sendVia, isPersonal }: { readonly sendVia: SendVia; readonly isPersonal: boolean },
): readonly WayName[] {
  // After a mark it never changes: what may have left by one way must not leave by another.
  if (way !== undefined) return [way];
  const graph: readonly WayName[] = size <= largestGraphBytes ? ['graph', 'graph_draft'] : ['graph_draft'];
  if (sendVia === 'smtp') return ['smtp'];
  if (sendVia === 'graph') return graph;
  // Personal accounts were seen to refuse SMTP AUTH altogether.
  return isPersonal ? [...graph, 'smtp'] : ['smtp', ...graph];
}

/** Notes that a way is shut; the newest word on it counts. */
export const shutting = (facts: LaneFacts, way: WayName, code: string, at: Date): LaneFacts => ({
  ...facts,
  shut: [...facts.shut.filter((each) => each.way !== way), { way, code, at }],
});

/** An account or a tenant is held for as long as the server says, or for an hour. */
export const holdUntil = (now: Date, retryAfterMs: number | undefined): Date =>
  new Date(now.getTime() + (retryAfterMs ?? hourMs));

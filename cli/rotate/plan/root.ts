import { dayMs, hourMs } from '../../../src/lib/domain/duration.ts';
import type { ResealProgress } from '../../api/reseal.ts';
import type { SecretVersion } from '../../deploy/facts.ts';

/** What a rotation of the root key begins with. */
export type RootPlan =
  | { readonly state: 'make' }
  /** More than one version is enabled: a rotation is under way, and is finished first. */
  | { readonly state: 'go-on'; readonly newest: SecretVersion }
  /** One version, and a young one: the rotation was finished not long ago. */
  | { readonly state: 'fresh'; readonly newest: SecretVersion }
  | { readonly state: 'none' };

// A root key lives a year. One that is younger than this was just rotated, or just made; a run whose end was lost must
// not begin another rotation.
const youngMs = 30 * dayMs;

/** @param versions the newest first @param now milliseconds since 1970 */
export function planRoot(versions: readonly SecretVersion[], again: boolean, now: number): RootPlan {
  const [newest, ...older] = versions.filter(({ enabled }) => enabled);
  if (newest === undefined) return { state: 'none' };
  if (older.length > 0) return { state: 'go-on', newest };
  return !again && now - newest.createdAt < youngMs ? { state: 'fresh', newest } : { state: 'make' };
}

export interface SafetyQuestion {
  readonly progress: ResealProgress;
  /** Setting ATTACHMENT_LINK_HOURS: for so long the link of an attachment is good, of which no row tells. */
  readonly attachmentLinkHours: number;
  /** Links made under the older version may end with it. */
  readonly endLinks: boolean;
  readonly now: number;
}

/** Whether the older versions may be disabled; if not, why, and when it is worth another look. */
export type Safety =
  | { readonly safe: true; readonly note: string }
  | { readonly safe: false; readonly why: string; readonly at: number };

/** Pure. */
export function whenSafe({ progress, attachmentLinkHours, endLinks, now }: SafetyQuestion): Safety {
  const { done, settledAt, left } = progress;
  if (left > 0) return { safe: false, why: `${left} rows still lie under an older version`, at: now };
  if (!done) {
    const why = 'all is moved, but an instance of the app may still write under an older version';
    return { safe: false, why, at: settledAt };
  }
  const waiting = progress.expiring.filter(({ count, until }) => count > 0 && (until === undefined || until > now));
  const attachmentsUntil = settledAt + attachmentLinkHours * hourMs;
  const held = [
    ...waiting.map(({ kind, count }) => `${count} ${kind}`),
    ...(attachmentsUntil > now ? ['links of attachments'] : []),
  ];
  if (held.length === 0) return { safe: true, note: 'nothing needs an older version' };
  if (endLinks) return { safe: true, note: `these end with it: ${held.join(', ')}` };
  const at = Math.max(attachmentsUntil, now, ...waiting.map(({ until }) => until ?? now));
  return { safe: false, why: `these would end with an older version: ${held.join(', ')}`, at };
}

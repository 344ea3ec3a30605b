import type { ErrorTexts } from '../errors/texts.ts';
import type { ActionName } from '../http/requests/dashboard.ts';
import type { MailboxState } from '../store/rows/rows.ts';

/** What the dashboard says in one language: its own texts, and those of the error codes. */
export type DashboardWords = DashboardTexts & { readonly errors: ErrorTexts };

/** All fixed texts of the dashboard. Plain text: values are escaped where the page is built. */
export interface DashboardTexts {
  /** BCP 47. */
  readonly tag: string;
  readonly title: string;
  readonly product: string;
  readonly signedInAs: (name: string) => string;
  readonly signOut: string;
  readonly signIn: {
    readonly title: string;
    readonly lead: string;
    readonly button: string;
    readonly failed: string;
  };
  readonly asOf: (time: string) => string;
  readonly sections: {
    readonly day: string;
    readonly mailboxes: string;
    readonly destinations: string;
    readonly sending: string;
    readonly deliveries: string;
    readonly keys: string;
    readonly audit: string;
    readonly doctor: string;
  };
  readonly day: {
    readonly summary: (delivered: number, failed: number, dead: number) => string;
    readonly legendGood: string;
    readonly legendBad: string;
  };
  readonly columns: {
    readonly mailbox: string;
    readonly state: string;
    readonly reason: string;
    readonly lastPoll: string;
    readonly lastDelivery: string;
    readonly lag: string;
    readonly name: string;
    readonly lastAccepted: string;
    readonly mail: string;
    readonly attempts: string;
    readonly failedAt: string;
    readonly scopes: string;
    readonly lastUsed: string;
    readonly expires: string;
    readonly time: string;
    readonly actor: string;
    readonly action: string;
    readonly about: string;
    readonly result: string;
    readonly check: string;
    readonly change: string;
    readonly waiting: string;
    readonly nextAttempt: string;
    readonly unknown: string;
    readonly failedToday: string;
    readonly hold: string;
  };
  readonly states: Readonly<Record<MailboxState, string>>;
  readonly destination: { readonly ready: string; readonly held: (since: string) => string; readonly paused: string };
  readonly delivery: { readonly retrying: string; readonly dead: string };
  readonly checkStates: Readonly<Record<'ok' | 'warn' | 'fail' | 'unknown', string>>;
  readonly lag: { readonly after: (seconds: number) => string; readonly behind: (mails: number) => string };
  readonly heldUntil: (until: string) => string;
  readonly none: string;
  readonly never: string;
  readonly more: string;
  readonly runDoctor: string;
  readonly refresh: string;
  readonly actions: Readonly<Record<ActionName, string>>;
  readonly confirm: {
    readonly title: string;
    readonly question: Readonly<Record<ActionName, (name: string) => string>>;
    readonly yes: string;
    readonly no: string;
  };
  readonly done: string;
  readonly failed: string;
  readonly back: string;
}

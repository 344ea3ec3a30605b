import type { Running } from '../running.ts';
import type { Events } from './events.ts';
import type { Subscriptions } from './subscriptions.ts';

/** How the next requests to Graph are answered instead of the truth. */
export interface GraphFailure {
  /** Only requests of this kind: `draft` makes one, `send` sends it, `attach` and `upload` put files on it, `look` reads it. */
  readonly verb?:
    | 'sendMail'
    | 'draft'
    | 'attach'
    | 'upload'
    | 'send'
    | 'look'
    | 'find'
    | 'delete'
    | 'subscribe'
    | 'other';
  /** How many requests; 1 if left out, `Infinity` until {@link GraphStandIn.heal}. */
  readonly times?: number;
  /** HTTP status, 503 if left out. */
  readonly status?: number;
  /** Graph's own code, such as `ErrorSendAsDenied`. */
  readonly code?: string;
  readonly retryAfterSeconds?: number;
  readonly delayMs?: number;
  /** `truth`: only slow. `close`: the socket is cut, and nothing was done. `truth, then close`: it was done, and the answer is lost. */
  readonly answer?: 'truth' | 'close' | 'truth, then close';
}

export interface GraphStandIn extends Running {
  /** `https://localhost:PORT`, the GRAPH_URL setting. */
  readonly url: string;
  /** Messages sent since the start, oldest first. */
  sent(): readonly {
    readonly mailbox: string;
    readonly way: 'sendMail' | 'draft';
    /** From as it was handed over. */
    readonly from: string;
    /** All recipients, including Bcc. */
    readonly to: readonly string[];
    /** As it lies in Sent Items. */
    readonly raw: string;
    /** As recipients get it. */
    readonly delivered: string;
  }[];
  /** Subjects of the drafts of a mailbox that are not sent. */
  drafts(address: string): Promise<readonly string[]>;
  /** Requests of any kind since the start. */
  requests(): number;
  /** Change notifications. */
  readonly subscriptions: Subscriptions;
  /** Calendars. */
  readonly events: Events;
  fail(failure: GraphFailure): void;
  /** Forgets every failure that was ordered. */
  heal(): void;
}

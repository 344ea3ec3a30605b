import type { ErrorCode } from '../../error-codes.ts';

export const destinationTypes = ['webhook', 'workflow', 'collection'] as const;

/**
 * `webhook`: the webhook trigger of NocoBase, or any receiver of Standard Webhooks. `workflow`: a custom-action workflow
 * of NocoBase. `collection`: its records.
 */
export type DestinationType = (typeof destinationTypes)[number];

/** The collections of NocoBase that a `collection` destination keeps. */
export interface DestinationCollections {
  readonly messages: string;
  readonly accounts: string;
  readonly outbox: string;
  /** The field of `messages` that shows the files of a mail, which are uploaded for it; without it they stay links. */
  readonly attachments?: string | undefined;
}

/** Row `a`: what an administrator has set. Written by the API alone. */
export interface DestinationConfig {
  readonly id: string;
  readonly type: DestinationType;
  /** Shown to people who connect a mailbox. */
  readonly name: string;
  readonly url: string;
  /** True: the HTML of mail goes out as received. */
  readonly rawHtml: boolean;
  /** True: it gets `folder.counts` when the number of messages of a folder changes. */
  readonly folderCounts?: boolean | undefined;
  /** Paused by hand. */
  readonly paused: boolean;
  /** Present exactly for `collection`. */
  readonly collections: DestinationCollections | undefined;
  /** How we sign in there; the credential itself is among the secrets. */
  readonly auth: DestinationAuth['kind'];
  /** When each live signing secret was made, newest first. */
  readonly signingSince: readonly Date[];
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export type DestinationAuth =
  | { readonly kind: 'none' }
  | { readonly kind: 'basic'; readonly user: string; readonly password: string }
  | { readonly kind: 'bearer'; readonly token: string };

/** What is sealed. */
export interface DestinationSecrets {
  /** Live signing secrets (`whsec_…`), newest first. */
  readonly signing: readonly string[];
  readonly auth: DestinationAuth;
}

/**
 * Row `b`: the state of the hold. Written by the delivering process, by ETag; the API writes it only to bring the next
 * probe forward.
 */
export interface DestinationState {
  /** Undefined while it is not held. */
  readonly heldSince: Date | undefined;
  /** Undefined while it is not held. */
  readonly reason: ErrorCode | undefined;
  /** What it answered last while held; undefined without an answer, and until the first probe where the dead began it. */
  readonly status: number | undefined;
  /** True if dead messages in a row began the hold, so that an ambiguous answer does not end it. */
  readonly heldByDead: boolean;
  /** Held: nothing is sent before this instant of server time. */
  readonly nextProbe: Date | undefined;
  /** Probes in a row that failed; picks the wait before the next one. */
  readonly probes: number;
  /** Someone is probing until then at the latest (server time). */
  readonly proberUntil: Date | undefined;
  /** Noted on a change of state and at most once a minute. */
  readonly lastAccepted: Date | undefined;
  /** The same of mail alone: one that takes events and no mail has accepted nothing that speaks against a mail. */
  readonly lastMailAccepted: Date | undefined;
  /** True once the log has told of this hold. */
  readonly told: boolean;
  /** Dead messages since it last accepted a mail. */
  readonly deadInRow: number;
  /** Heads that were moved out of the way of holds since it last accepted a mail. */
  readonly headsMoved: number;
  /** The id of the event that failed last in this hold: the probe is another one, if there is one. */
  readonly failed: string | undefined;
}

export const restingState: DestinationState = {
  heldSince: undefined,
  reason: undefined,
  status: undefined,
  heldByDead: false,
  nextProbe: undefined,
  probes: 0,
  proberUntil: undefined,
  lastAccepted: undefined,
  lastMailAccepted: undefined,
  told: false,
  deadInRow: 0,
  headsMoved: 0,
  failed: undefined,
};

import type { DeliveryOutcome } from '../domain/events/event.ts';
import { type ErrorCode, errorTable } from '../error-codes.ts';
import type {
  DestinationAuth,
  DestinationCollections,
  DestinationConfig,
  DestinationState,
  DestinationType,
} from '../store/destinations/destination.ts';

/** A destination as the API shows it: no credential, no secret. */
export interface DestinationView {
  readonly id: string;
  readonly type: DestinationType;
  readonly name: string;
  readonly url: string;
  readonly rawHtml: boolean;
  /** Events `folder.counts` go there. */
  readonly folderCounts: boolean;
  readonly paused: boolean;
  readonly auth: { readonly type: DestinationAuth['kind'] };
  /** Present exactly for `collection`. */
  readonly collections: DestinationCollections | undefined;
  /** The live signing secrets by their age, newest first. */
  readonly signingSecrets: readonly { readonly createdAt: Date }[];
  /** Present while nothing but probes is sent, because of a fault of the destination. */
  readonly held:
    | {
        readonly since: Date;
        readonly code: ErrorCode;
        /** What it answered last; absent if there was no answer. */
        readonly status: number | undefined;
        readonly sentence: string;
        readonly remedy: string;
        /** Who can fix it. */
        readonly who: string;
        /** Undefined: with the next message. */
        readonly nextProbe: Date | undefined;
      }
    | undefined;
  /** When it last accepted something, to the minute. */
  readonly lastAccepted: Date | undefined;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** The outcome of a test event, with the status but without the receiver's words. */
export interface DestinationTest {
  readonly accepted: boolean;
  /** Absent if there was no answer. */
  readonly status: number | undefined;
  /** These four where it was not accepted. */
  readonly code?: ErrorCode;
  readonly sentence?: string;
  readonly remedy?: string;
  readonly who?: string;
}

/** A destination and how it goes, without its secrets. */
export function viewOf(config: DestinationConfig, state: DestinationState): DestinationView {
  const { heldSince: since, reason: code, status, nextProbe } = state;
  const isHeld = since !== undefined && code !== undefined;
  return {
    id: config.id,
    type: config.type,
    name: config.name,
    url: config.url,
    rawHtml: config.rawHtml,
    folderCounts: config.folderCounts === true,
    paused: config.paused,
    auth: { type: config.auth },
    collections: config.collections,
    signingSecrets: config.signingSince.map((createdAt) => ({ createdAt })),
    held: isHeld ? { since, code, status, ...explanation(code), nextProbe } : undefined,
    lastAccepted: state.lastAccepted,
    createdAt: config.createdAt,
    updatedAt: config.updatedAt,
  };
}

/** What is shown of an attempt. */
export function testOf(outcome: DeliveryOutcome): DestinationTest {
  const { status } = outcome;
  if (outcome.kind === 'accepted') return { accepted: true, status };
  return { accepted: false, status, code: outcome.reason, ...explanation(outcome.reason) };
}

function explanation(code: ErrorCode): { readonly sentence: string; readonly remedy: string; readonly who: string } {
  const { sentence, remedy, who } = errorTable[code];
  return { sentence, remedy, who };
}

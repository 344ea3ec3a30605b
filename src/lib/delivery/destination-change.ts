import type { Random } from '../domain/clock.ts';
import { BrokerError } from '../errors.ts';
import type {
  DestinationAuth,
  DestinationCollections,
  DestinationConfig,
  DestinationSecrets,
  DestinationType,
} from '../store/destinations/destination.ts';
import { destinationParts } from './destination-parts.ts';
import { isSigningSecret, newSigningSecret } from './webhook/sign.ts';

export type AuthInput =
  | { readonly type: 'none' }
  | { readonly type: 'basic'; readonly user: string; readonly password: string }
  | { readonly type: 'bearer'; readonly token: string };

interface NewCommon {
  readonly name: string;
  readonly url: string;
  readonly rawHtml: boolean;
  readonly paused: boolean;
  readonly auth: AuthInput;
  /** For `webhook` and `workflow` only. */
  readonly folderCounts?: boolean | undefined;
}

/** Fields that only one type of destination has when it is created. */
interface NewParts {
  readonly webhook: {
    /** One that the receiver knows already; else a new one is made. */
    readonly signingSecret?: string | undefined;
  };
  readonly workflow: object;
  readonly collection: { readonly collections: DestinationCollections };
}

export type NewDestination = {
  readonly [Type in DestinationType]: NewCommon & { readonly type: Type } & NewParts[Type];
}[DestinationType];

export interface DestinationPatch {
  readonly name?: string | undefined;
  readonly url?: string | undefined;
  readonly rawHtml?: boolean | undefined;
  readonly paused?: boolean | undefined;
  /** For `webhook` and `workflow` only. */
  readonly folderCounts?: boolean | undefined;
  readonly auth?: AuthInput | undefined;
  /** For `collection` only. */
  readonly collections?: DestinationCollections | undefined;
  /** These two for `webhook` only. */
  readonly rotateSigningSecret?: true | undefined;
  readonly dropOldSigningSecret?: true | undefined;
}

/** A rotation leaves two secrets live; a third would only be a leftover. */
const liveSecrets = 2;

/** The request is wrong in one field. */
export const wrongField = (field: string, message: string): BrokerError =>
  new BrokerError('invalid_request', { fields: [{ field, message }] });

/**
 * The first signing secret of a destination. Workflows and collections know us by their API key; nothing is signed for
 * them. @throws BrokerError `invalid_request`
 */
export function signingSecretOf(input: NewDestination, random: Random): string | undefined {
  if (input.type !== 'webhook') return undefined;
  if (input.signingSecret === undefined) return newSigningSecret(random);
  if (isSigningSecret(input.signingSecret)) return input.signingSecret;
  throw wrongField('signingSecret', 'Is not whsec_ followed by the base64 of 24 to 64 bytes.');
}

/** Whether a patch fits the type of its destination. @throws BrokerError `invalid_request` */
export function checkPatch(type: DestinationType, patch: DestinationPatch): void {
  const { hasCollections, isSigned, auths } = destinationParts[type];
  if (!hasCollections && patch.collections !== undefined) {
    throw wrongField('collections', 'Is only for destinations of type collection.');
  }
  if (hasCollections && patch.folderCounts !== undefined) {
    throw wrongField('folderCounts', 'Is only for destinations of type webhook and workflow.');
  }
  for (const field of ['rotateSigningSecret', 'dropOldSigningSecret'] as const) {
    if (!isSigned && patch[field] !== undefined) throw wrongField(field, 'Is only for destinations of type webhook.');
  }
  if (patch.auth !== undefined && !auths.includes(patch.auth.type)) {
    throw wrongField('auth', 'Must be bearer: NocoBase accepts API keys only.');
  }
}

/** How the broker signs in, as it is stored. */
export function authOf(input: AuthInput): DestinationAuth {
  switch (input.type) {
    case 'none':
      return { kind: 'none' };
    case 'basic':
      return { kind: 'basic', user: input.user, password: input.password };
    case 'bearer':
      return { kind: 'bearer', token: input.token };
  }
}

/** The destination as a patch makes it, and the signing secret made on the way. Pure but for the secret's randomness. */
export function patched(
  found: { readonly config: DestinationConfig; readonly secrets: DestinationSecrets },
  patch: DestinationPatch,
  now: Date,
  random: Random,
): { config: DestinationConfig; secrets: DestinationSecrets; signingSecret: string | undefined } {
  const { config: before } = found;
  const url = patch.url ?? before.url;
  const moved = new URL(url).origin !== new URL(before.url).origin;
  const kept: DestinationAuth = moved ? { kind: 'none' } : found.secrets.auth;
  const auth = patch.auth === undefined ? kept : authOf(patch.auth);

  const keep = patch.dropOldSigningSecret === true ? 1 : liveSecrets;
  const signingSecret = patch.rotateSigningSecret === true ? newSigningSecret(random) : undefined;
  const added = signingSecret === undefined ? [] : [signingSecret];
  const signing = [...added, ...found.secrets.signing].slice(0, keep);
  const signingSince = [...added.map(() => now), ...before.signingSince].slice(0, keep);

  const config: DestinationConfig = {
    ...before,
    name: patch.name ?? before.name,
    url,
    rawHtml: patch.rawHtml ?? before.rawHtml,
    folderCounts: patch.folderCounts ?? before.folderCounts,
    paused: patch.paused ?? before.paused,
    collections: patch.collections ?? before.collections,
    auth: auth.kind,
    signingSince,
    updatedAt: now,
  };
  return { config, secrets: { signing, auth }, signingSecret };
}

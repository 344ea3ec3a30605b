import { isBrokerError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { Flags, OwnCause, OwnChanges } from './own-changes.ts';

const flagNames = ['seen', 'flagged', 'answered'] as const;

/**
 * The request that explains all flags which differ from those that were told; undefined if there is none: a client that
 * passes over what it caused itself must not miss what others did. Pure.
 * @param causes the newest first, which decides
 */
export function causeOfFlags(causes: readonly OwnCause[], before: Flags, after: Flags): string | undefined {
  const requests = flagNames
    .filter((name) => before[name] !== after[name])
    .map((name) => {
      const newest = causes.find(({ flags }) => flags[name] !== undefined);
      return newest?.flags[name] === after[name] ? newest.requestId : undefined;
    });
  return allTheSame(requests);
}

/** The request that moved a message to where it is now, and explains its flags, too. Pure. */
export function causeOfMove(
  causes: readonly OwnCause[],
  { from, to, folderId }: { readonly from: Flags; readonly to: Flags; readonly folderId: string },
): string | undefined {
  const newest = causes.find((cause) => cause.to !== undefined);
  if (newest?.to !== folderId) return undefined;
  const isSame = flagNames.every((name) => from[name] === to[name]);
  return isSame || causeOfFlags(causes, from, to) === newest.requestId ? newest.requestId : undefined;
}

/** The request that deleted a message, or moved it to a folder that is not watched. Pure. */
export const causeOfRemoval = (causes: readonly OwnCause[]): string | undefined =>
  causes.find(({ to }) => to !== undefined)?.requestId;

const allTheSame = (requests: readonly (string | undefined)[]): string | undefined =>
  requests.every((each) => each === requests[0]) ? requests[0] : undefined;

/**
 * What callers did to these messages over HTTP; once, for each message. Where that cannot be read, the events go out
 * without it.
 */
export async function takeCauses(
  { ownChanges, log }: { readonly ownChanges?: Pick<OwnChanges, 'take'> | undefined; readonly log: Log },
  mailboxId: string,
  entries: readonly { readonly hash: Uint8Array }[],
): Promise<readonly (readonly OwnCause[])[]> {
  if (ownChanges === undefined) return [];
  try {
    return await ownChanges.take(
      mailboxId,
      entries.map(({ hash }) => hash),
    );
  } catch (error) {
    if (!isBrokerError(error)) throw error;
    log.warn('changes.not_read', { mailboxId, code: error.code });
    return [];
  }
}

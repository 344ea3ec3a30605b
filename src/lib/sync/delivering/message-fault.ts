import type { RunContext } from '../state/run-context.ts';

/**
 * Whether a failure counts against what was sent, and not against its destination: something else was accepted there
 * since the failure before. The first one never counts.
 * @param failedAt when it failed before
 * @param against what has to have been accepted. Of a mail it is other mail: where the role may change records and not
 * make any, or a rule has come to refuse every new one, all else goes on being accepted and says nothing of it
 */
export async function isMessageFault(
  context: Pick<RunContext, 'accepted' | 'destinations'>,
  destinationId: string,
  failedAt: Date | undefined,
  against: 'mail' | 'anything',
): Promise<boolean> {
  if (failedAt === undefined) return false;
  const here = context.accepted[against].get(destinationId);
  if (here !== undefined && here > failedAt) return true;
  // By any worker, as far as it was noted.
  const noted = await context.destinations?.lastAccepted(destinationId, against);
  return noted !== undefined && noted > failedAt;
}

import type { RunContext } from './run-context.ts';

/**
 * Whether a failure counts against what was sent, and not against its destination: something else was accepted there
 * since the failure before. The first one never counts.
 * @param failedAt when it failed before
 */
export async function isItsOwnFault(
  context: Pick<RunContext, 'accepted' | 'destinations'>,
  destinationId: string,
  failedAt: Date | undefined,
): Promise<boolean> {
  if (failedAt === undefined) return false;
  const here = context.accepted.get(destinationId);
  if (here !== undefined && here > failedAt) return true;
  // By any worker, as far as it was noted.
  const noted = await context.destinations?.lastAccepted(destinationId);
  return noted !== undefined && noted > failedAt;
}

import type { DeliveryContext } from './delivery-context.ts';

/** A failure of something that was sent. */
interface SentFailure {
  readonly destination: string;
  /** When it failed before; undefined if it did not. */
  readonly failedAt: Date | undefined;
  /**
   * What has to have been accepted since. Of a mail it is other mail: where the role may change records and not make any,
   * or a rule has come to refuse every new one, all else continues being accepted and says nothing of it.
   */
  readonly against: 'mail' | 'anything';
}

/**
 * Whether a failure counts against what was sent, and not against its destination: something else was accepted there
 * since the failure before. The first one never counts.
 */
export async function isMessageFault(
  context: Pick<DeliveryContext, 'accepted' | 'destinations'>,
  { destination, failedAt, against }: SentFailure,
): Promise<boolean> {
  if (failedAt === undefined) return false;
  const here = context.accepted[against].get(destination);
  if (here !== undefined && here > failedAt) return true;
  // By any worker, as far as it was noted.
  const noted = await context.destinations?.lastAccepted(destination, against);
  return noted !== undefined && noted > failedAt;
}

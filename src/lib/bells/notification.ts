import { z } from 'zod';
import type { Log } from '../log.ts';
import type { BellWakeUp } from '../sync/state/wake-up.ts';
import type { ClientStates } from './client-state.ts';
import type { Gate } from './gate.ts';
import type { SubscribeHint } from './subscribe-hint.ts';

/** What a notification asks for, as it goes into the queue. */
export interface QueuedBell {
  readonly message: BellWakeUp | SubscribeHint;
  readonly afterMs: number;
  /** To be called if it cannot be queued. Graph then sends the notification again, and no other stands for it. */
  readonly refused: () => void;
}

/**
 * Notifications of changes and of a subscription's life, as far as they are looked at: never what changed.
 * https://learn.microsoft.com/graph/api/resources/changenotificationcollection
 * https://learn.microsoft.com/graph/change-notifications-lifecycle-events
 */
const form = z.object({ value: z.array(z.unknown()).max(1000) });

const notification = z.object({
  clientState: z.string().max(128),
  lifecycleEvent: z.enum(['reauthorizationRequired', 'subscriptionRemoved', 'missed']).optional().catch(undefined),
});

/** @returns what to queue; nothing for notifications that do not carry our MAC, or are of another form */
export type ReadNotifications = (body: unknown) => Promise<readonly QueuedBell[]>;

export function createReadNotifications(deps: {
  readonly states: Pick<ClientStates, 'open'>;
  readonly gate: Gate;
  readonly log: Log;
}): ReadNotifications {
  return async (body) => {
    const parsed = form.safeParse(body);
    if (!parsed.success) return [];
    const queued: QueuedBell[] = [];
    const admit = (gateKey: string, message: QueuedBell['message']) => {
      const afterMs = deps.gate.admit(gateKey);
      if (afterMs !== undefined) queued.push({ message, afterMs, refused: () => deps.gate.reopen(gateKey) });
    };
    // A thousand messages of one mailbox come with one clientState.
    const known = new Map<string, Awaited<ReturnType<ClientStates['open']>>>();
    for (const one of parsed.data.value) {
      const { data } = notification.safeParse(one);
      if (data === undefined) continue;
      const { clientState, lifecycleEvent } = data;
      if (!known.has(clientState)) {
        known.set(
          clientState,
          await deps.states.open(clientState).catch(() => {
            // Without the root key its owner is unknown. The poll finds the mail.
            deps.log.warn('bell.key_unavailable');
            return undefined;
          }),
        );
      }
      const place = known.get(clientState);
      if (place === undefined) continue;
      const { mailboxId, folderId } = place;
      if (lifecycleEvent === 'subscriptionRemoved' || lifecycleEvent === 'reauthorizationRequired') {
        const lost = lifecycleEvent === 'subscriptionRemoved';
        const hint: SubscribeHint = { v: 1, kind: 'subscribe', mailbox: mailboxId, folder: folderId, lost };
        admit(`${mailboxId} ${folderId} ${lifecycleEvent}`, hint);
      }
      // Notifications of the time when a subscription was broken are missed as well.
      admit(mailboxId, { v: 1, kind: 'bell', mailbox: mailboxId, tries: 0 });
    }
    return queued;
  };
}

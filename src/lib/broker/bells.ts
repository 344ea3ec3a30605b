import type { Ringing } from '../bells/ringing.ts';
import type { SubscribeHint } from '../bells/subscribe-hint.ts';
import type { Base } from './base.ts';
import type { MailAccess } from './mail-access.ts';
import type { Storage } from './storage.ts';

/** Notifications of new mail, where the deployment asks for the permission. */
export interface Notified extends Ringing {
  /** Requests a check of a mailbox's subscriptions soon; a failure is ignored. Never rejects. */
  ask(mailboxId: string): Promise<void>;
}

/** @returns undefined where the deployment does not ask for `Mail.ReadBasic` */
export function composeBells(
  { config, clock, random, log }: Base,
  { store, rootKeys, registry, queue }: Storage,
  { graphToken }: Pick<MailAccess, 'graphToken'>,
): Notified | undefined {
  const { entra, publicUrl } = config;
  if (!entra.graphPermissions.includes('Mail.ReadBasic')) return undefined;
  let made: Promise<Ringing> | undefined;
  // Loaded at the first use: most deployments have no notifications.
  const ringing = () => {
    const deps = { entra, publicUrl, store, rootKeys, registry, token: graphToken, clock, random, log };
    made ??= import('../bells/ringing.ts').then(({ createRinging }) => createRinging(deps));
    return made;
  };
  return {
    keep: async (mailboxId, occasion) => (await ringing()).keep(mailboxId, occasion),
    due: async (shard) => (await ringing()).due(shard),
    remove: async (mailbox) => (await ringing()).remove(mailbox),
    has: async (mailboxId) => (await ringing()).has(mailboxId),
    read: async (body) => (await ringing()).read(body),
    async ask(mailbox) {
      const hint: SubscribeHint = { v: 1, kind: 'subscribe', mailbox };
      await queue.send(hint, 0).catch(() => log.warn('bell.not_asked', { mailboxId: mailbox }));
    },
  };
}

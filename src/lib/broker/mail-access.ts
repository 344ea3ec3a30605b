import type { AttachmentPlace } from '../access/attachment-token.ts';
import { createBoundedMap } from '../domain/bounded-map.ts';
import { createGraphMailToken } from '../entra/graph-mail-token.ts';
import type { Tokens } from '../entra/types.ts';
import { createAttachments } from '../mailbox/fetch/attachments.ts';
import { createDownloadLimiter, downloadLimits, uploadLimits } from '../mailbox/fetch/download-limiter.ts';
import { createImapConnector } from '../mailbox/imap/imap-connector.ts';
import { createProbe } from '../mailbox/imap/probe.ts';
import { createSessionPool } from '../mailbox/session/session-pool.ts';
import { knownPlaces } from '../store/mailboxes/known-places.ts';
import type { MailboxRow } from '../store/rows/rows.ts';
import type { Base } from './base.ts';
import type { Identity } from './identity.ts';
import type { Storage } from './storage.ts';

/** The mailboxes themselves, over IMAP: for polls, and for people who open attachments. */
export function composeMailAccess({ config, clock }: Base, { registry, store }: Storage, { tokens }: Identity) {
  const connector = createImapConnector(config.imap, { clock, requireTls: config.inAzure });
  const { token, tokenEndsAt } = createMailTokens(tokens);
  const polled = createSessionPool({
    connector,
    clock,
    capacity: config.warmSessions,
    eviction: 'leastFrequent',
    // Twice the longest interval between two polls of a healthy mailbox.
    idleMs: 10 * 60_000,
    tokenEndsAt,
  });
  // Opening links must not use up the connections of the polls.
  const downloads = createSessionPool({
    connector,
    clock,
    capacity: 8,
    eviction: 'leastRecent',
    // A page full of images of one mail asks for all of them within moments.
    idleMs: 60_000,
    tokenEndsAt,
  });
  /** Where the polls have seen a mail since it was last looked at. */
  const places = ({ mailboxId, hash }: Pick<AttachmentPlace, 'mailboxId' | 'hash'>) =>
    knownPlaces(store, mailboxId, hash);
  const files = {
    mailbox: async (id: string) => (await registry.get(id))?.row,
    places,
    token,
    imap: downloads,
    clock,
  };
  return {
    places,
    token,
    /** For mail by Graph. */
    graphToken: createGraphMailToken(tokens),
    probe: createProbe({ connector }),
    polled,
    /** For people, and for what is looked up on their behalf. */
    downloads,
    /** For people who follow a link. */
    attachments: createAttachments({ ...files, limiter: createDownloadLimiter(downloadLimits, clock) }),
    /** For files that the broker itself passes on: it waits its turn, and leaves room for people. */
    uploads: createAttachments({ ...files, limiter: createDownloadLimiter(uploadLimits, clock) }),
    closeSessions: async () => {
      await Promise.all([polled.closeAll(), downloads.closeAll()]);
    },
  };
}

export type MailAccess = ReturnType<typeof composeMailAccess>;

/** Access tokens for mail, and when the latest one of each mailbox expires. */
function createMailTokens(tokens: Pick<Tokens, 'of'>) {
  // A mailbox that has dropped out of this map merely gets a cold session.
  const ends = createBoundedMap<string, number>(10_000);
  return {
    token: async ({ id, grant }: MailboxRow, options: { readonly force: boolean }): Promise<string> => {
      const { accessToken, expiresAt } = await tokens.of(grant, 'outlook', options);
      ends.set(id, expiresAt.getTime());
      return accessToken;
    },
    tokenEndsAt: (mailboxId: string) => ends.get(mailboxId),
  };
}

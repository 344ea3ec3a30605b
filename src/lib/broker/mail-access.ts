import type { AttachmentPlace } from '../access/attachment-token.ts';
import { createBoundedMap } from '../domain/bounded-map.ts';
import type { Clock } from '../domain/clock.ts';
import { createGraphMailToken } from '../entra/graph-mail-token.ts';
import type { Tokens } from '../entra/types.ts';
import { type AttachmentsDeps, createAttachments } from '../mailbox/fetch/attachments.ts';
import {
  createDownloadLimiter,
  downloadLimits,
  interactiveLimits,
  uploadLimits,
} from '../mailbox/fetch/download-limiter.ts';
import { createImapConnector } from '../mailbox/imap/imap-connector.ts';
import { createProbe } from '../mailbox/imap/probe.ts';
import { createInteractive } from '../mailbox/session/interactive.ts';
import type { LogInParts } from '../mailbox/session/log-in.ts';
import type { ImapConnector, KeepableSession } from '../mailbox/session/session.ts';
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
  /** Where the polls have seen a mail since it was last looked at. */
  const places = ({ mailboxId, hash }: Pick<AttachmentPlace, 'mailboxId' | 'hash'>) =>
    knownPlaces(store, mailboxId, hash);
  return {
    places,
    token,
    /** For mail by Graph. */
    graphToken: createGraphMailToken(tokens),
    probe: createProbe({ connector }),
    ...composeMailSessions({
      ...{ connector, clock, token, tokenEndsAt, places, warmSessions: config.warmSessions },
      mailbox: async (id) => (await registry.get(id))?.row,
    }),
  };
}

export interface MailSessionParts {
  readonly connector: ImapConnector<KeepableSession>;
  readonly clock: Clock;
  readonly token: LogInParts['token'];
  readonly tokenEndsAt: (mailboxId: string) => number | undefined;
  readonly warmSessions: number;
  readonly mailbox: AttachmentsDeps['mailbox'];
  readonly places: AttachmentsDeps['places'];
}

/** Sessions by what they are for. None of the three waits for another. */
export function composeMailSessions(parts: MailSessionParts) {
  const { connector, clock, token, tokenEndsAt } = parts;
  const polled = createSessionPool({
    ...{ connector, clock, tokenEndsAt, capacity: parts.warmSessions },
    eviction: 'leastFrequent',
    // Twice the longest interval between two polls of a healthy mailbox.
    idleMs: 10 * 60_000,
  });
  const pool = (capacity: number) =>
    createSessionPool({ connector, clock, tokenEndsAt, capacity, eviction: 'leastRecent', idleMs: 60_000 });
  // Opening links must not use up the connections of the polls. A page full of images of one mail asks for all of them
  // within moments.
  const downloads = pool(8);
  // A request for an answer waits neither for a poll nor for a download.
  const asked = pool(32);
  const files = { mailbox: parts.mailbox, places: parts.places, token, imap: downloads, clock };
  return {
    polled,
    /** For people, and for what is looked up on their behalf. */
    downloads,
    /** For people who follow a link. */
    attachments: createAttachments({ ...files, limiter: createDownloadLimiter(downloadLimits, clock) }),
    /** For files that the broker itself passes on: it waits its turn, and leaves room for people. */
    uploads: createAttachments({ ...files, limiter: createDownloadLimiter(uploadLimits, clock) }),
    /** For people and programs that read and change a mailbox. */
    interactive: createInteractive({
      ...{ imap: asked, token, clock },
      limiter: createDownloadLimiter(interactiveLimits, clock),
    }),
    closeSessions: async () => {
      await Promise.all([polled.closeAll(), downloads.closeAll(), asked.closeAll()]);
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

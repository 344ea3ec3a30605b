import { ImapFlow } from 'imapflow';
import { composeMailSessions } from '../../src/lib/broker/mail-access.ts';
import { composeReading } from '../../src/lib/broker/reading.ts';
import type { Clock } from '../../src/lib/domain/clock.ts';
import { systemClock } from '../../src/lib/domain/system.ts';
import { BrokerError } from '../../src/lib/errors.ts';
import { consoleLog } from '../../src/lib/log.ts';
import { createImapConnector } from '../../src/lib/mailbox/imap/imap-connector.ts';
import { createOwnChanges } from '../../src/lib/store/mailboxes/own-changes.ts';
import type { MailboxRow } from '../../src/lib/store/rows/rows.ts';
import type { Store } from '../../src/lib/store/table/table.ts';
import { memoryStore } from './memory-store.ts';
import { sendingMailbox } from './rows.ts';

/** A mail server, as far as someone may log in to it. */
export interface Served {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  tokenFor(address: string): string;
}

/** What a mailbox over HTTP is made of, without HTTP: on a real mail server, with the store in memory. */
export function readingWorld(server: Served, address: string, clock: Clock = systemClock) {
  const store = memoryStore(clock);
  const ownChanges = createOwnChanges({ store });
  const row: MailboxRow = { ...sendingMailbox, address, login: address };
  const connector = createImapConnector(server, { clock });
  const token = async () => server.tokenFor(address);
  const sessions = composeMailSessions({
    ...{ connector, clock, token, warmSessions: 0 },
    tokenEndsAt: () => clock.now() + 3_600_000,
    mailbox: async (id) => (id === row.id ? row : undefined),
    places: async () => [],
  });
  const attachmentLinks = async () => () => 'https://broker.example/api/attachments?token=t';
  const reading = composeReading({ clock, log: consoleLog() }, { store, ownChanges }, sessions, { attachmentLinks });
  return {
    store,
    ownChanges,
    row,
    reading,
    sessions,
    reader: { row, throttledUntil: undefined },
    /** Another program at the same mailbox. */
    client: async () => {
      const other = new ImapFlow({
        ...{ host: server.host, port: server.port, secure: server.secure },
        logger: false,
        disableAutoIdle: true,
        auth: { user: address, accessToken: server.tokenFor(address) },
      });
      await other.connect();
      return other;
    },
    close: () => sessions.closeSessions(),
  };
}

/** Sessions of a mail server that cannot be reached. */
export const offlineSessions = () =>
  composeMailSessions({
    connector: { open: () => Promise.reject(new BrokerError('imap_unreachable')) },
    ...{ clock: systemClock, token: async () => '', warmSessions: 0, tokenEndsAt: () => undefined },
    mailbox: async () => sendingMailbox,
    places: async () => [],
  });

/** The same over a store of a test's own, where the mail server cannot be reached. */
export function readingOffline(store: Store) {
  const sessions = offlineSessions();
  const attachmentLinks = async () => () => undefined;
  return composeReading(
    { clock: systemClock, log: consoleLog() },
    { store, ownChanges: createOwnChanges({ store }) },
    sessions,
    { attachmentLinks },
  );
}

export type ReadingWorld = ReturnType<typeof readingWorld>;

import { createServer, type TLSSocket } from 'node:tls';
import type { Certificates } from '../certificates.ts';
import { listen } from '../listen.ts';
import type { TokenFactsReader } from './folders.ts';
import { type CheckLogIn, greet, type LogIn } from './front.ts';
import { createMailbox, type EmbeddedMailbox } from './mailbox.ts';
import type { EmbeddedImap } from './stand-ins.ts';

export interface EmbeddedImapOptions {
  readonly certificates: Certificates;
  /** Where tokens are checked. */
  readonly entra: TokenFactsReader;
  /** Addresses that have a mailbox. */
  readonly addresses: readonly string[];
  /** Who may open a mailbox that is not her own: address of the mailbox -> addresses of people. */
  readonly shared?: Readonly<Record<string, readonly string[]>>;
  /** Mailboxes that the app itself may open (Add-MailboxPermission for its service principal), by tenant. */
  readonly app?: Readonly<Record<string, readonly string[]>>;
  readonly port?: number;
}

type Mode = Parameters<EmbeddedImap['behave']>[0];

// Tokens of people and of the app name the same service differently.
const outlook = 'https://outlook.office.com';
const outlookForApps = 'https://outlook.office365.com';
const everybody = '*';

/**
 * An IMAP server (TLS) that needs nothing installed: one listener that checks XOAUTH2 at the Entra stand-in, and behind
 * it one server a mailbox. It can misbehave as Exchange does.
 */
export async function startEmbeddedImap(options: EmbeddedImapOptions): Promise<EmbeddedImap> {
  const mailboxes = new Map<string, EmbeddedMailbox>(
    options.addresses.map((address, index) => [address.toLowerCase(), createMailbox(100 + index)]),
  );
  const shared = new Map(
    Object.entries(options.shared ?? {}).map(([mailbox, people]) => [
      mailbox.toLowerCase(),
      people.map((person) => person.toLowerCase()),
    ]),
  );
  const givenToApp = (tid: string, address: string): boolean =>
    (options.app?.[tid] ?? []).some((given) => given.toLowerCase() === address);
  const modes = new Map<string, { readonly mode: Mode; readonly backoffMs: number }>();
  const open = new Map<TLSSocket, string | undefined>();
  let logins = 0;

  const mailboxOf = (address: string): EmbeddedMailbox => {
    const mailbox = mailboxes.get(address.toLowerCase());
    if (mailbox === undefined) throw new Error('The embedded IMAP server has no such mailbox.');
    return mailbox;
  };
  const modeOf = (address: string) => modes.get(address.toLowerCase()) ?? modes.get(everybody);

  const logInTo =
    (socket: TLSSocket): CheckLogIn =>
    async (user, token): Promise<LogIn> => {
      const address = user.toLowerCase();
      const behaviour = modeOf(address);
      if (behaviour?.mode === 'throttle') return { kind: 'throttled', backoffMs: behaviour.backoffMs };
      const facts = await options.entra.introspect(token);
      const isApp = facts?.audience === outlookForApps && facts.roles?.includes('IMAP.AccessAsApp') === true;
      const isPerson =
        facts?.audience === outlook && facts.scopes.some((scope) => scope.endsWith('/IMAP.AccessAsUser.All'));
      if (behaviour?.mode === 'refuse' || facts === undefined || !(isApp || isPerson)) return { kind: 'refused' };
      const mailbox = mailboxes.get(address);
      const person = facts.username.toLowerCase();
      const isAllowed = isApp
        ? givenToApp(facts.tid ?? '', address)
        : person === address || (shared.get(address) ?? []).includes(person);
      open.set(socket, address);
      if (behaviour?.mode === 'not-connected' || mailbox === undefined || !isAllowed) return { kind: 'not-connected' };
      logins += 1;
      return { kind: 'mailbox', connect: () => mailbox.connect(), past: (answer) => mailbox.past(answer) };
    };

  const { cert, key } = options.certificates;
  const server = createServer({ cert, key, noDelay: true }, (socket) => {
    open.set(socket, undefined);
    socket.once('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
    if (modes.get(everybody)?.mode !== 'silent') greet(socket, logInTo(socket));
  });
  const listener = await listen(server, 'the embedded IMAP server', options.port);

  const kill = (address?: string): void => {
    const wanted = address?.toLowerCase();
    for (const [socket, owner] of open) if (wanted === undefined || owner === wanted) socket.destroy();
  };
  return {
    host: 'localhost',
    port: listener.port,
    secure: true,
    deliver: async (address, raw, drop = {}) => mailboxOf(address).append(raw, drop),
    kill,
    behave: (mode, { address = everybody, backoffMs = 60_000 } = {}) => {
      if (mode !== 'normal') modes.set(address.toLowerCase(), { mode, backoffMs });
      else if (address === everybody) modes.clear();
      else modes.delete(address.toLowerCase());
    },
    resetUidValidity: (address, folder = 'INBOX') => {
      mailboxOf(address).resetUidValidity(folder);
      // A client that has the folder open would continue with invalid UIDs.
      kill(address);
    },
    logins: () => logins,
    stop: listener.stop,
  };
}

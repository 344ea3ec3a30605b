import { type ConnectionOptions, createSecureContext } from 'node:tls';
import type { ImapFlow } from 'imapflow';
import type { Config } from '../../config.ts';
import type { Clock } from '../../domain/clock.ts';
import { BrokerError } from '../../errors.ts';
import { createThreadMemory } from '../fetch/thread-search.ts';
import { withCommandDeadline } from '../session/command-deadline.ts';
import { createImapWatch } from '../session/imap-watch.ts';
import { skipLongLines } from '../session/long-lines.ts';
import type { ImapAccount, ImapConnector, KeepableSession } from '../session/session.ts';
import { translate } from '../session/translate.ts';
import { createImapSession } from './imap-session.ts';

/** Waits, in milliseconds. imapflow's own (90 s, 16 s, 5 min) outlast a run of the poller. */
export interface ImapTimeouts {
  /** Name look-up, TCP and TLS together. */
  readonly connectMs: number;
  readonly greetingMs: number;
  /** Silence on the socket while an answer is due. */
  readonly socketMs: number;
  /** From the first packet to the mailbox being open, all steps together: a server that trickles beats every other limit. */
  readonly openMs: number;
  /** One command with all its answers, for the same reason. */
  readonly commandMs: number;
}

const defaultTimeouts: ImapTimeouts = {
  connectMs: 15_000,
  greetingMs: 10_000,
  socketMs: 30_000,
  openMs: 40_000,
  commandMs: 60_000,
};

// Bounds on what a hostile server can make us hold. A SEARCH over a million messages is one line of 8 MB.
const lineBytes = 16 * 1024 * 1024;
const literalBytes = 48 * 1024 * 1024;
const responseBytes = 64 * 1024 * 1024;

/** imapflow hands these on to net.connect and tls.connect alike, which take noDelay though the type does not name it. */
type Transport = ConnectionOptions & { readonly noDelay: boolean };

export interface ImapConnectorDeps {
  readonly clock: Clock;
  /** True in Azure: a plain connection is upgraded by STARTTLS or not used. */
  readonly requireTls?: boolean;
  readonly timeouts?: Partial<ImapTimeouts>;
}

/**
 * Opens IMAP sessions with XOAUTH2 (or OAUTHBEARER where a server prefers it), one TCP connection each.
 * @throws BrokerError from `open`: `imap_unreachable`, `imap_throttled`, `imap_not_connected`, `imap_refused`, `imap_unexpected`
 */
export function createImapConnector(server: Config['imap'], deps: ImapConnectorDeps): ImapConnector<KeepableSession> {
  const timeouts = { ...defaultTimeouts, ...deps.timeouts };
  let transport: Transport | undefined;
  const threads = createThreadMemory();
  return {
    open: async (account, signal) => {
      signal?.throwIfAborted();
      checkLogin(account);
      const imapflow = await import('imapflow');
      signal?.throwIfAborted();
      // One for all: else every connection would go through the certificates that the process trusts.
      transport ??= { secureContext: createSecureContext(), noDelay: true };

      // Closed one turn later, because imapflow starts its long sleep right after it has told its logger of a throttle:
      // a close before that would leave the command waiting for ever.
      const watch = createImapWatch(() => setImmediate(() => client.close()));
      const client: ImapFlow = new imapflow.ImapFlow({
        host: server.host,
        port: server.port,
        secure: server.secure,
        ...(server.secure ? {} : { doSTARTTLS: deps.requireTls === true }),
        auth: { user: account.login, accessToken: account.accessToken },
        logger: watch.logger,
        disableAutoIdle: true,
        // Exchange's logs then name the broker, not the library; empty fields are not sent.
        clientInfo: { name: 'nocobase-mail-broker', version: '', vendor: '', 'support-url': '' },
        // Nothing that Exchange does not offer: the same commands everywhere, and two round trips fewer on a log-in.
        disableAutoEnable: true,
        disableCompression: true,
        disableIMAP4rev2: true,
        connectionTimeout: timeouts.connectMs,
        greetingTimeout: timeouts.greetingMs,
        socketTimeout: timeouts.socketMs,
        maxLineLength: lineBytes,
        maxLiteralSize: literalBytes,
        maxResponseSize: responseBytes,
        // Commands are small and answers are awaited: Nagle's algorithm only adds its 40 ms.
        tls: transport,
      });
      skipLongLines(client, watch.skipped);
      // Without a listener an error between two commands would end the process. The next call reports it.
      client.on('error', () => undefined);

      const abort = () => client.close();
      signal?.addEventListener('abort', abort, { once: true });
      try {
        await withCommandDeadline(timeouts.openMs, client.connect(), () => client.close());
        return createImapSession({ client, watch, clock: deps.clock, ...timeouts, login: account.login, threads });
      } catch (error) {
        client.close();
        signal?.throwIfAborted();
        throw translate(error, client.greeting === undefined ? 'connect' : 'login', client, watch);
      } finally {
        signal?.removeEventListener('abort', abort);
      }
    },
  };
}

/** The log-in name stands between \x01 bytes in XOAUTH2: a control character in it would let it bring its own fields. */
function checkLogin(account: ImapAccount): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\x00-\x1f\x7f]/.test(account.login)) throw new BrokerError('imap_refused');
}

import { randomUUID } from 'node:crypto';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';
import type { Certificates } from '../certificates.ts';
import { listen } from '../listen.ts';
import type { TokenFactsReader } from './folders.ts';
import type { MailServer, SmtpServer } from './stand-ins.ts';

export interface SmtpOptions {
  readonly certificates: Certificates;
  /** Where tokens are checked. */
  readonly entra: TokenFactsReader;
  /** Where mail for the people of the local world goes. */
  readonly mailboxes: Pick<MailServer, 'deliver'>;
  /** Addresses that have a mailbox. */
  readonly addresses: readonly string[];
  /** Who else may write an address into From (Exchange's Send As), by that address. */
  readonly sendAs?: Readonly<Record<string, readonly string[]>>;
  readonly port?: number;
}

/** An answer in Exchange's words. */
function refusal(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}

const everybody = '*';

// Exchange Online takes 35 MB by default.
const capBytes = 35 * 1024 * 1024;

/**
 * SMTP with STARTTLS and XOAUTH2, for two kinds of callers as at Exchange: people who send with a token, to anyone
 * (their copy goes to Sent Items; nothing leaves this machine), and the world outside, which needs no token and reaches
 * only the mailboxes that are here.
 */
export async function startSmtp(options: SmtpOptions): Promise<SmtpServer> {
  const { entra, mailboxes } = options;
  const local = new Set(options.addresses.map((address) => address.toLowerCase()));
  const sendAs = new Map(
    Object.entries(options.sendAs ?? {}).map(([address, people]) => [address.toLowerCase(), people]),
  );
  const modes = new Map<string, Parameters<SmtpServer['behave']>[0]>();
  let logins = 0;
  const accepted: { from: string; to: readonly string[]; user: string; raw: string }[] = [];

  const check = async (user: string, token: string): Promise<string> => {
    logins += 1;
    const mode = modes.get(user.toLowerCase()) ?? modes.get(everybody);
    if (mode === 'disabled-tenant' || mode === 'disabled-mailbox') {
      const whose = mode === 'disabled-tenant' ? 'Tenant' : 'Mailbox';
      // https://aka.ms/smtp_auth_disabled
      throw refusal(
        535,
        `5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the ${whose}. Visit https://aka.ms/smtp_auth_disabled for more information.`,
      );
    }
    const facts = await entra.introspect(token);
    const sends =
      facts?.audience === 'https://outlook.office.com' && facts.scopes.some((it) => it.endsWith('/SMTP.Send'));
    if (!sends || facts.username.toLowerCase() !== user.toLowerCase()) {
      throw refusal(535, '5.7.3 Authentication unsuccessful');
    }
    return facts.username;
  };

  const receive = async (session: SMTPServerSession, raw: Buffer): Promise<void> => {
    const { mailFrom, rcptTo } = session.envelope;
    const from = mailFrom === false ? '' : mailFrom.address;
    const to = rcptTo.map((recipient) => recipient.address);
    for (const address of to) {
      if (local.has(address.toLowerCase())) await mailboxes.deliver(address, Buffer.concat([stamp(session), raw]));
    }
    // smtp-server says null where its types say undefined: not signed in.
    const user = session.user || '';
    if (user !== '') await mailboxes.deliver(user, raw, { folder: 'Sent Items', flags: ['\\Seen'] });
    accepted.push({ from, to, user, raw: raw.toString() });
  };

  /** RFC 5321 section 4.4: a receiving server adds a line at the top, once for each delivery. */
  const stamp = ({ clientHostname, hostNameAppearsAs }: SMTPServerSession): Buffer =>
    Buffer.from(
      `Received: from ${hostNameAppearsAs || clientHostname} by localhost with ESMTP id ${randomUUID()};\r\n` +
        `\t${new Date().toUTCString().replace('GMT', '+0000')}\r\n`,
    );

  const server = new SMTPServer({
    key: options.certificates.key,
    cert: options.certificates.cert,
    name: 'localhost',
    banner: 'Microsoft ESMTP MAIL Service ready',
    authMethods: ['XOAUTH2'],
    authOptional: true,
    disableReverseLookup: true,
    size: capBytes,
    // At most a second for anyone who is in the middle of something when the world ends.
    closeTimeout: 1000,
    onAuth({ username = '', accessToken = '' }, _session, callback) {
      check(username, accessToken).then((user) => callback(null, { user }), callback);
    },
    onMailFrom({ address }, session, callback) {
      const isHers = !session.user || session.user.toLowerCase() === address.toLowerCase();
      const mayBe = isHers || sendAs.get(address.toLowerCase())?.includes(session.user ?? '') === true;
      callback(mayBe ? null : refusal(554, '5.2.252 SendAsDenied; the sender is not the one who signed in'));
    },
    onRcptTo({ address }, session, callback) {
      const isReachable = Boolean(session.user) || local.has(address.toLowerCase());
      callback(isReachable ? null : refusal(550, '5.7.54 SMTP; Unable to relay recipient in non-accepted domain'));
    },
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        if (stream.sizeExceeded) {
          callback(refusal(552, '5.3.4 Message size exceeds fixed maximum message size'));
          return;
        }
        receive(session, Buffer.concat(chunks)).then(
          () => callback(null, '2.0.0 OK'),
          (error: unknown) => {
            console.error('The SMTP server could not deliver:', error);
            callback(refusal(451, '4.3.0 The message could not be delivered'));
          },
        );
      });
    },
  });
  // A client that breaks off is its own affair.
  server.on('error', () => undefined);
  const listener = await listen(server.server, 'the SMTP server', options.port);
  return {
    host: 'localhost',
    port: listener.port,
    // STARTTLS: the connection begins in clear.
    secure: false,
    accepted: () => accepted,
    logins: () => logins,
    behave: (mode, { address = everybody } = {}) => {
      if (mode !== 'normal') modes.set(address.toLowerCase(), mode);
      else if (address === everybody) modes.clear();
      else modes.delete(address.toLowerCase());
    },
    stop: listener.stop,
  };
}

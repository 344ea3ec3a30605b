import type { NodemailerError } from 'nodemailer/lib/errors';
import type { SMTPConnectionSendInfo } from 'nodemailer/lib/smtp-connection';
import type { MailboxRow } from '../store/rows/rows.ts';
import { isAboutConnection, type SmtpStage, shownReply, smtpMeaning } from './exchange-smtp.ts';
import { WatchedSource } from './watched-source.ts';
import type {
  Closed,
  Deferred,
  OutgoingMail,
  ReadyWay,
  RecipientRefusal,
  SendingAccount,
  Way,
  WayResult,
} from './way.ts';

export interface SmtpOptions {
  readonly host: string;
  readonly port: number;
  /** Certificates to trust in place of the machine's; for tests. */
  readonly ca?: string;
  /** In place of {@link silenceMs}; for tests. */
  readonly silenceMs?: number;
}

export interface SmtpPorts {
  /** A token for the mail resource. @throws BrokerError what getting a token throws */
  token(mailbox: MailboxRow, options: { readonly force: boolean }): Promise<string>;
}

// From the look-up of the name to the end of the TLS handshake.
const connectMs = 20_000;

// A server that says nothing for so long is gone. nodemailer waits 10 minutes, which is longer than a function may run.
const silenceMs = 90_000;

type Connection = InstanceType<typeof import('nodemailer/lib/smtp-connection').default>;

/**
 * SMTP submission with XOAUTH2 over STARTTLS (RFC 6409, RFC 3207), which is required: no token and no mail in clear.
 * Loads nodemailer's connection at the first mail.
 */
export function createSmtpWay(options: SmtpOptions, ports: SmtpPorts): Way {
  return {
    name: 'smtp',
    async prepare(account, signal) {
      const first = await signIn(options, account, await ports.token(account.mailbox, { force: false }), signal);
      // `535 5.7.3`: the token may have been revoked since it was made.
      if (first.kind !== 'closed' || first.code !== 'smtp_sign_in_refused') return first;
      return signIn(options, account, await ports.token(account.mailbox, { force: true }), signal);
    },
  };
}

async function signIn(
  options: SmtpOptions,
  { login }: SendingAccount,
  token: string,
  signal: AbortSignal,
): Promise<ReadyWay | Deferred | Closed> {
  const [{ default: SMTPConnection }, { default: XOAuth2 }] = await Promise.all([
    import('nodemailer/lib/smtp-connection'),
    import('nodemailer/lib/xoauth2'),
  ]);
  signal.throwIfAborted();
  const connection = new SMTPConnection({
    host: options.host,
    port: options.port,
    secure: false,
    requireTLS: true,
    connectionTimeout: connectMs,
    greetingTimeout: connectMs,
    dnsTimeout: connectMs,
    socketTimeout: options.silenceMs ?? silenceMs,
    socketCloseTimeout: 0,
    ...(options.ca === undefined ? {} : { tls: { ca: options.ca } }),
  });
  let takesUtf8 = false;
  const failure = await step(connection, signal, (done) =>
    connection.connect((error) => {
      // The answer to the EHLO behind STARTTLS.
      takesUtf8 = /[ -]SMTPUTF8\b/i.test(String(connection.lastServerResponse));
      if (error !== undefined) done(error);
      // Without a way to renew it, nodemailer takes the token as it is.
      else
        connection.login({ user: login, oauth2: new XOAuth2({ user: login, accessToken: token }) }, (refused) =>
          done(refused),
        );
    }),
  );
  if (failure.error === null) return ready(connection, takesUtf8);
  connection.close();
  signal.throwIfAborted();
  const response = failure.error.response ?? lastWords(failure.error, connection);
  if (response === undefined) return unreachable;
  // A refusal of the greeting, of EHLO or of STARTTLS says nothing about the account.
  if (response.startsWith('5') && failure.error.code !== 'EAUTH')
    return { ...unreachable, reply: shownReply(response) };
  const meaning = smtpMeaning('login', response);
  const reply = shownReply(response);
  return meaning.kind === 'deferred'
    ? { ...meaning, kind: 'deferred', reply }
    : { kind: 'closed', code: meaning.code, reply };
}

/** A server that answers a bad token with a challenge (RFC 7628 section 3.2.3) says no to the empty answer, which nodemailer keeps to itself. */
function lastWords({ code }: NodemailerError, { lastServerResponse }: Connection): string | undefined {
  return code === 'EAUTH' && typeof lastServerResponse === 'string' ? lastServerResponse : undefined;
}

const unreachable: Deferred = { kind: 'deferred', code: 'smtp_unreachable', scope: 'account', retryAfterMs: 30_000 };

function ready(connection: Connection, takesUtf8: boolean): ReadyWay {
  let isUsed = false;
  return {
    kind: 'ready',
    async send(mail, signal) {
      if (connection.destroyed || signal.aborted) return { ...unreachable, retryAfterMs: 0 };
      const unfit = takesUtf8 ? [] : [mail.from, ...mail.recipients].filter((address) => /[^\p{ASCII}]/u.test(address));
      if (unfit.length > 0) return withoutUtf8(unfit);
      if (isUsed) {
        // What is left of a message that was refused.
        const { error } = await step(connection, signal, (done) => connection.reset((failed) => done(failed)));
        if (error !== null) return { ...unreachable, retryAfterMs: 0 };
      }
      isUsed = true;
      return sendOne(connection, mail, signal);
    },
    async close() {
      connection.on('error', () => undefined);
      if (!connection.destroyed) connection.quit();
      connection.close();
    },
  };
}

/**
 * RFC 6531 section 3.2: such addresses go to no server that does not offer SMTPUTF8; nodemailer would send them all the
 * same. They stand in the headers of the message, too, so that it cannot go to the others either.
 */
const withoutUtf8 = (addresses: readonly string[]): WayResult => {
  const code = 'recipient_refused';
  const reply = 'The mail server does not offer SMTPUTF8: it takes no address with letters beyond ASCII before the @.';
  return { kind: 'refused', code, reply, recipients: addresses.map((address) => ({ address, code, reply })) };
};

async function sendOne(connection: Connection, mail: OutgoingMail, signal: AbortSignal): Promise<WayResult> {
  const source = new WatchedSource(mail.open());
  const envelope = { from: mail.from, to: [...mail.recipients], size: mail.size };
  const { error, info } = await step<SMTPConnectionSendInfo>(connection, signal, (done) =>
    connection.send(envelope, source.stream, done),
  );
  const isHandedOver = source.isHandedOver;
  if (error === null && info !== undefined) return accepted(info);
  if (source.failed !== undefined || isHandedOver || error?.response === undefined) {
    // In the middle of a message nothing else can be said; closed without its end, the server forgets it.
    if (error?.code !== 'EMESSAGE') connection.close();
  }
  if (source.failed !== undefined && !isHandedOver) throw source.failed.error;
  return failed(error, isHandedOver);
}

/** Pure: what became of a message that was not accepted. */
export function failed(
  error: Pick<NodemailerError, 'code' | 'command' | 'response' | 'rejectedErrors' | 'message'> | null,
  isHandedOver: boolean,
): WayResult {
  const reply = error?.response;
  if (reply === undefined || (isHandedOver && (error?.command !== 'DATA' || isAboutConnection(reply)))) {
    if (isHandedOver) return { kind: 'unknown', cause: error };
    // What nodemailer itself says without asking the server comes out the same with every attempt.
    if (error?.code === 'EMESSAGE' || error?.code === 'EENVELOPE') {
      const code = error.code === 'EMESSAGE' ? 'mail_too_large' : 'mail_refused';
      return { kind: 'refused', code, reply: shownReply(error.message), recipients: [] };
    }
    return unreachable;
  }
  const meaning = smtpMeaning(stageOf(error?.command, isHandedOver), reply);
  const words = shownReply(reply);
  if (meaning.kind === 'refused') {
    return {
      kind: 'refused',
      code: meaning.code,
      reply: words,
      recipients: (error?.rejectedErrors ?? []).map(refusal),
    };
  }
  return meaning.kind === 'closed'
    ? { kind: 'closed', code: meaning.code, reply: words }
    : { ...meaning, kind: 'deferred', reply: words };
}

function stageOf(command: string | undefined, isHandedOver: boolean): SmtpStage {
  if (command === 'RCPT TO') return 'recipient';
  if (command === 'MAIL FROM') return 'sender';
  return isHandedOver ? 'message' : 'data';
}

const accepted = ({ rejectedErrors = [], serverMessageId }: SMTPConnectionSendInfo): WayResult => ({
  kind: 'accepted',
  refused: rejectedErrors.map(refusal),
  ...(serverMessageId === undefined ? {} : { serverMessageId }),
});

function refusal({ recipient = '', response = '' }: NodemailerError): RecipientRefusal {
  return { address: recipient, code: smtpMeaning('recipient', response).code, reply: shownReply(response) };
}

interface Outcome<T> {
  readonly error: NodemailerError | null;
  readonly info?: T | undefined;
}

/** One step of the dialogue: ends with its own answer, with the connection, or with the signal. Never rejects. */
function step<T>(
  connection: Connection,
  signal: AbortSignal,
  run: (done: (error?: NodemailerError | null, info?: T) => void) => void,
): Promise<Outcome<T>> {
  const { promise, resolve } = Promise.withResolvers<Outcome<T>>();
  const onError = (error: NodemailerError) => resolve({ error });
  const onEnd = () => setImmediate(() => resolve({ error: new Error('The connection ended.') }));
  const onAbort = () => {
    resolve({ error: new Error('Given up.') });
    connection.close();
  };
  connection.on('error', onError);
  connection.once('end', onEnd);
  signal.addEventListener('abort', onAbort, { once: true });
  run((error, info) => resolve({ error: error ?? null, info }));
  if (signal.aborted) onAbort();
  return promise.finally(() => {
    connection.removeListener('end', onEnd);
    signal.removeEventListener('abort', onAbort);
    // An unhandled error would end the process.
    connection.removeListener('error', onError);
    connection.on('error', ignore);
  });
}

const ignore = (): void => undefined;

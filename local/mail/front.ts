import type { Duplex, Transform } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { parseXoauth2 } from './folders.ts';

/** What becomes of a log-in. */
export type LogIn =
  /** `past` is what the client's bytes go through on their way to the mailbox. */
  | {
      readonly kind: 'mailbox';
      readonly connect: () => Duplex;
      readonly past: (answer: (line: string) => void) => Transform;
    }
  | { readonly kind: 'refused' }
  /** Authenticated, and yet every command fails: what Exchange does with a token that does not open this mailbox. */
  | { readonly kind: 'not-connected' }
  | { readonly kind: 'throttled'; readonly backoffMs: number };

export type CheckLogIn = (user: string, token: string) => Promise<LogIn>;

/** Exchange's capabilities before log-in. Seen in logs of 2026: no CONDSTORE, no QRESYNC, no SPECIAL-USE. */
const capabilities =
  'IMAP4 IMAP4rev1 AUTH=XOAUTH2 SASL-IR UIDPLUS MOVE ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+ LOGINDISABLED';

/** A log-in line is a token of some kilobytes; a client that sends more without a line break is disconnected. */
const lineCapBytes = 64 * 1024;

/**
 * Speaks IMAP until the person is logged in, then joins the socket to her mailbox's own server and steps aside.
 * The words are Exchange's.
 */
export function greet(socket: TLSSocket, checkLogIn: CheckLogIn): void {
  let pending = Buffer.alloc(0);
  /** Tag of an AUTHENTICATE that waits for its answer on a line of its own. */
  let waiting: string | undefined;
  let notConnected = false;
  const write = (line: string) => {
    if (!socket.destroyed) socket.write(`${line}\r\n`);
  };

  const logIn = async (tag: string, answer: string): Promise<boolean> => {
    const credentials = parseXoauth2(answer);
    if (credentials === undefined) {
      write(`${tag} BAD Command Argument Error. 11`);
      return false;
    }
    const outcome = await checkLogIn(credentials.user, credentials.token);
    switch (outcome.kind) {
      case 'refused':
        write(`${tag} NO AUTHENTICATE failed.`);
        return false;
      case 'throttled':
        write(`${tag} BAD Request is throttled. Suggested Backoff Time: ${outcome.backoffMs} milliseconds`);
        return false;
      case 'not-connected':
        notConnected = true;
        write(`${tag} OK AUTHENTICATE completed.`);
        return false;
      case 'mailbox':
        join(socket, outcome, pending, `${tag} OK AUTHENTICATE completed.`);
        return true;
    }
  };

  /** @returns true if the socket was handed over */
  const command = async (line: string): Promise<boolean> => {
    if (waiting !== undefined) {
      const tag = waiting;
      waiting = undefined;
      return logIn(tag, line.trim());
    }
    const [tag = '*', verb = '', ...rest] = line.split(' ');
    if (notConnected && verb.toUpperCase() !== 'LOGOUT') {
      write(`${tag} BAD User is authenticated but not connected.`);
      return false;
    }
    switch (verb.toUpperCase()) {
      case 'CAPABILITY':
        write(`* CAPABILITY ${capabilities}`);
        write(`${tag} OK CAPABILITY completed.`);
        return false;
      case 'ID':
        write('* ID ("name" "Microsoft.Exchange.Imap4.Imap4Server" "version" "15.20")');
        write(`${tag} OK ID completed`);
        return false;
      case 'NOOP':
        write(`${tag} OK NOOP completed.`);
        return false;
      case 'LOGOUT':
        write('* BYE Microsoft Exchange Server IMAP4 server signing off.');
        write(`${tag} OK LOGOUT completed.`);
        socket.end();
        return true;
      case 'AUTHENTICATE':
        if (rest[0]?.toUpperCase() !== 'XOAUTH2') {
          write(`${tag} NO Unsupported authentication mechanism.`);
          return false;
        }
        if (rest[1] !== undefined) return logIn(tag, rest[1]);
        waiting = tag;
        write('+ ');
        return false;
      case 'LOGIN':
        write(`${tag} NO LOGIN failed.`);
        return false;
      default:
        write(`${tag} BAD Command received in Invalid state.`);
        return false;
    }
  };

  // One line at a time: a log-in in progress holds what comes after it.
  let busy = false;
  const work = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    for (let end = pending.indexOf('\n'); end >= 0; end = pending.indexOf('\n')) {
      const line = pending.subarray(0, end).toString().replace(/\r$/, '');
      pending = pending.subarray(end + 1);
      if (await command(line)) return;
    }
    busy = false;
    if (pending.length > lineCapBytes) socket.destroy();
  };
  const onData = (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    work().catch((error: unknown) => {
      console.error('The embedded IMAP server failed:', error);
      socket.destroy();
    });
  };
  socket.on('data', onData);
  write('* OK The Microsoft Exchange IMAP4 service is ready.');

  function join(near: TLSSocket, mailbox: Extract<LogIn, { kind: 'mailbox' }>, rest: Buffer, welcome: string): void {
    const far = mailbox.connect();
    const past = mailbox.past(write);
    near.off('data', onData);
    // The mailbox's server greets on its own; its first line must not reach the client.
    let greeting = Buffer.alloc(0);
    const dropGreeting = (chunk: Buffer) => {
      greeting = Buffer.concat([greeting, chunk]);
      const end = greeting.indexOf('\n');
      if (end < 0) return;
      far.off('data', dropGreeting);
      write(welcome);
      far.pipe(near);
      if (greeting.length > end + 1) near.write(greeting.subarray(end + 1));
      past.pipe(far);
      if (rest.length > 0) past.write(rest);
      near.pipe(past);
    };
    far.on('data', dropGreeting);
    past.once('close', () => near.destroy());
    near.once('close', () => {
      past.destroy();
      far.destroy();
    });
    far.once('close', () => near.destroy());
    far.on('error', () => near.destroy());
  }
}

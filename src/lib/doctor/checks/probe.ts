import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** Requests a web address; any answer means that it is reachable. */
export type Probe = (url: string, signal: AbortSignal) => Promise<Pick<Response, 'status' | 'headers' | 'text'>>;

/** For each server; all checks together have 8 seconds. */
export const timeoutMs = 5_000;

/** One GET that follows no redirect, with a time-out of its own. @throws what `fetch` throws */
export const probeWith =
  (fetch: typeof globalThis.fetch): Probe =>
  (url, signal) =>
    fetch(url, { redirect: 'manual', signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) });

/** Where a mail server listens. */
export interface MailServer {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte. */
  readonly secure: boolean;
}

/** The first line of a greeting is short; this much of one is enough to know it. */
const greetingBytes = 512;

/**
 * The greeting of a mail server (RFC 3501 section 7.1), without its line end.
 * @throws Error of the socket, or by the signal
 */
export async function greetingOf({ host, port, secure }: MailServer, signal: AbortSignal): Promise<string> {
  const socket = secure ? connectTls({ host, port, servername: host }) : connectTcp({ host, port });
  const over = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const end = () => socket.destroy(new Error('The mail server said nothing in time.'));
  over.addEventListener('abort', end, { once: true });
  try {
    let greeting = '';
    for await (const chunk of socket) {
      greeting += Buffer.from(chunk).toString('latin1');
      if (greeting.includes('\n') || greeting.length > greetingBytes) break;
    }
    return greeting.split(/\r?\n/, 1)[0] ?? '';
  } finally {
    over.removeEventListener('abort', end);
    socket.destroy();
  }
}

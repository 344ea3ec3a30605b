import { buffer } from 'node:stream/consumers';
import type { GraphMailPermission } from '../domain/graph-permissions.ts';
import { retryAfterMs } from '../outbound/retry-after.ts';
import type { MailboxRow } from '../store/rows/rows.ts';
import type { GraphAnswer } from './graph-answer.ts';
import type { Closed, Deferred } from './way.ts';

export interface GraphOptions {
  /** Without a path: `https://graph.microsoft.com`. */
  readonly url: string;
  /** In place of {@link requestMs}; for tests. */
  readonly requestMs?: number;
}

export interface GraphPorts {
  readonly fetch: typeof fetch;
  readonly now: () => number;
  /**
   * A token for Graph that carries these permissions; undefined where they were not granted.
   * @param options.force not one that was handed out before
   * @throws BrokerError what getting a token throws
   */
  token(
    mailbox: MailboxRow,
    permissions: readonly GraphMailPermission[],
    options: { readonly force: boolean },
  ): Promise<string | undefined>;
}

/** The outcome of a request: an answer, no connection and so nothing done, or unknown. */
export type GraphReply =
  | ({ readonly kind: 'answered' } & GraphAnswer)
  | { readonly kind: 'unsent' }
  | { readonly kind: 'lost'; readonly cause: unknown };

export interface GraphRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Whole, or what comes after the address of the mailbox: `/sendMail`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
}

/** A mailbox at Graph, with a token that may send from it. */
export interface GraphMailbox {
  ask(request: GraphRequest, signal: AbortSignal): Promise<GraphReply>;
  /** Without the token, at an address that Graph gave: an upload session. */
  askAt(url: string, request: Omit<GraphRequest, 'path'>, signal: AbortSignal): Promise<GraphReply>;
}

const requestMs = 90_000;
const mostAnswerBytes = 64 * 1024;

/** Nothing was sent, and the server cannot be reached just now. */
export const graphUnreachable: Deferred = {
  kind: 'deferred',
  code: 'graph_unreachable',
  scope: 'account',
  retryAfterMs: 30_000,
};

/** No consent; another mailbox of the same person may have it. */
const notGranted: Closed = { kind: 'closed', code: 'send_consent_required', scope: 'mailbox' };

/** Opens mailboxes at Graph. */
export function createGraphMailboxes(options: GraphOptions, ports: GraphPorts) {
  /** Mailboxes whose token Graph refused: the next one is not to be the same. */
  const refused = new Set<string>();

  async function request(url: string, init: RequestInit, signal: AbortSignal): Promise<GraphReply> {
    if (signal.aborted) return { kind: 'unsent' };
    try {
      const response = await ports.fetch(url, {
        ...init,
        redirect: 'error',
        signal: AbortSignal.any([signal, AbortSignal.timeout(options.requestMs ?? requestMs)]),
      });
      return {
        kind: 'answered',
        status: response.status,
        retryAfterMs: retryAfterMs(response.headers.get('retry-after') ?? undefined, ports.now()),
        // The status is the answer, whether or not its words arrive.
        body: await response.text().then(
          (text) => text.slice(0, mostAnswerBytes),
          () => '',
        ),
      };
    } catch (cause) {
      return wasNotConnected(cause) ? { kind: 'unsent' } : { kind: 'lost', cause };
    }
  }

  return {
    /** @throws BrokerError what getting a token throws; the reason of `signal` */
    async open(
      mailbox: MailboxRow,
      permissions: readonly GraphMailPermission[],
      signal: AbortSignal,
    ): Promise<GraphMailbox | Closed> {
      const token = await ports.token(mailbox, permissions, { force: refused.delete(mailbox.id) });
      signal.throwIfAborted();
      if (token === undefined) return notGranted;
      const base = `${options.url}/v1.0/${owner(mailbox)}`;
      return {
        async ask({ method, path, headers, body }, over) {
          const reply = await request(
            `${base}${path}`,
            {
              method,
              headers: { Authorization: `Bearer ${token}`, ...headers },
              ...(body === undefined ? {} : { body }),
            },
            over,
          );
          if (reply.kind === 'answered' && reply.status === 401) refused.add(mailbox.id);
          return reply;
        },
        askAt: (url, { method, headers, body }, over) =>
          request(
            url,
            {
              method,
              ...(headers === undefined ? {} : { headers: { ...headers } }),
              ...(body === undefined ? {} : { body }),
            },
            over,
          ),
      };
    },
  };
}

/** Only a person's own mailbox is `me`: an app has none, and a shared one is someone's beside hers. */
const owner = ({ grant, shared, address }: MailboxRow): string =>
  grant.kind === 'user' && !shared ? 'me' : `users/${encodeURIComponent(address)}`;

/** True if nothing can have left: there was no connection. Node tells so in the cause of what fetch throws. */
function wasNotConnected(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT'].includes(
    code,
  );
}

/** The whole message, as Graph reads it: Bcc in its header. @throws what opening it throws */
export async function wholeMail(mail: {
  open(options: { readonly keepBcc: boolean }): AsyncIterable<Uint8Array>;
}): Promise<Buffer<ArrayBuffer>> {
  return buffer(mail.open({ keepBcc: true }));
}

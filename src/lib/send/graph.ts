import { retryAfterMs } from '../outbound/retry-after.ts';
import type { MailboxRow } from '../store/rows/rows.ts';
import { type GraphAnswer, readGraphAnswer } from './graph-answer.ts';
import { largestGraphBytes, type OutgoingMail, type Way, type WayResult } from './way.ts';

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
   * A token for Graph that carries Mail.Send (for a shared mailbox Mail.Send.Shared); undefined where that was not
   * granted. @throws BrokerError what getting a token throws
   */
  token(mailbox: MailboxRow): Promise<string | undefined>;
}

const requestMs = 90_000;
const mostAnswerBytes = 64 * 1024;

/**
 * `POST sendMail` of Microsoft Graph with the MIME message in base64. Graph takes the recipients from its header, Bcc
 * among them, which nobody sees then. The copy lies in Sent of the mailbox itself, also of a shared one.
 * https://learn.microsoft.com/graph/api/user-sendmail, https://learn.microsoft.com/graph/outlook-send-mime-message
 */
export function createGraphWay(options: GraphOptions, ports: GraphPorts): Way {
  return {
    name: 'graph',
    async prepare({ mailbox }, signal) {
      const token = await ports.token(mailbox);
      signal.throwIfAborted();
      if (token === undefined) return { kind: 'closed', code: 'send_consent_required' };
      const url = `${options.url}/v1.0/${sender(mailbox)}/sendMail`;
      return {
        kind: 'ready',
        send: (mail, until) => send({ url, token, requestMs: options.requestMs ?? requestMs }, mail, ports, until),
        close: async () => undefined,
      };
    },
  };
}

/** Only a person's own mailbox is `me`: an app has none, and a shared one is somebody's beside hers. */
const sender = ({ grant, shared, address }: MailboxRow): string =>
  grant.kind === 'user' && !shared ? 'me' : `users/${encodeURIComponent(address)}`;

async function send(
  to: { readonly url: string; readonly token: string; readonly requestMs: number },
  mail: OutgoingMail,
  ports: Pick<GraphPorts, 'fetch' | 'now'>,
  signal: AbortSignal,
): Promise<WayResult> {
  if (mail.size > largestGraphBytes) {
    const reply = `Larger than the ${largestGraphBytes} bytes that go by one request to Graph.`;
    return { kind: 'refused', code: 'mail_too_large', reply, recipients: [] };
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of mail.open({ keepBcc: true })) chunks.push(chunk);
  if (signal.aborted) return { kind: 'deferred', code: 'graph_unreachable', scope: 'account', retryAfterMs: 0 };
  let answer: GraphAnswer;
  try {
    const response = await ports.fetch(to.url, {
      method: 'POST',
      headers: { Authorization: `Bearer ${to.token}`, 'Content-Type': 'text/plain' },
      body: Buffer.concat(chunks).toString('base64'),
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(to.requestMs)]),
    });
    answer = {
      status: response.status,
      retryAfterMs: retryAfterMs(response.headers.get('retry-after') ?? undefined, ports.now()),
      // The status is the answer, whether or not its words arrive.
      body: await response.text().then(
        (text) => text.slice(0, mostAnswerBytes),
        () => '',
      ),
    };
  } catch (cause) {
    return wasNotConnected(cause)
      ? { kind: 'deferred', code: 'graph_unreachable', scope: 'account', retryAfterMs: 30_000 }
      : { kind: 'unknown', cause };
  }
  return readGraphAnswer(answer);
}

/** True if nothing can have left: there was no connection. Node tells so in the cause of what fetch throws. */
function wasNotConnected(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT'].includes(
    code,
  );
}

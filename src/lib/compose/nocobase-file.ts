import { BrokerError } from '../errors.ts';
import { type Outbound, OutboundError } from '../outbound/outbound.ts';
import type { OpenedFile } from './files.ts';

/** The NocoBase to which the mail of a mailbox is delivered. */
export interface NocobaseOrigin {
  /** Address of the destination. */
  readonly url: string;
  /** As whom the broker signs in there, as headers; none for a destination without a key. */
  readonly headers: Readonly<Record<string, string>>;
}

// A file of this size fills the largest message.
const mostBytes = 36 * 1024 * 1024;
const timeoutMs = 30_000;

/**
 * True for the address of a file in that NocoBase. Its key opens everything its user may read, and a caller who may
 * send mail must not get all of that: only files are fetched, nothing of the API.
 */
export function isNocobaseFile(url: string, origin: Pick<NocobaseOrigin, 'url'>): boolean {
  const [file, own] = [URL.parse(url), URL.parse(origin.url)];
  if (file === null || own === null || file.origin !== own.origin || file.username !== '' || file.password !== '') {
    return false;
  }
  // Encoded slashes and dots mean what the server makes of them.
  const path = file.pathname;
  return !/%2f|%5c|%2e|\\|:|\/api\//i.test(path) && /\/(?:storage\/uploads|files)\/[^/]/.test(path);
}

/**
 * Fetches a file of NocoBase whole, with the key of the destination. No redirect is followed.
 * @throws BrokerError `attachment_source_refused`; `attachment_source_failed` with the status, never the body;
 * `mail_too_large`
 */
export async function fetchNocobaseFile(
  url: string,
  origin: NocobaseOrigin,
  outbound: Pick<Outbound, 'send'>,
  signal: AbortSignal,
): Promise<OpenedFile> {
  if (!isNocobaseFile(url, origin)) throw new BrokerError('attachment_source_refused');
  const answer = await outbound
    .send({ method: 'GET', url, headers: origin.headers, keepBytes: mostBytes, timeoutMs, signal })
    .catch((cause: unknown) => {
      if (!(cause instanceof OutboundError)) throw cause;
      throw new BrokerError('attachment_source_failed', { cause });
    });
  if (answer.status !== 200) {
    const detail = `NocoBase answered HTTP ${answer.status} for a file to attach.`;
    throw new BrokerError('attachment_source_failed', { detail });
  }
  if (!answer.complete) {
    throw new BrokerError(answer.body.byteLength >= mostBytes ? 'mail_too_large' : 'attachment_source_failed');
  }
  const name = new URL(url).pathname.split('/').at(-1) ?? '';
  return {
    filename: decoded(name),
    contentType: answer.contentType,
    bytes: once(answer.body),
  };
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes;
}

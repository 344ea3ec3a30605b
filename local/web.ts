import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

/** One request to a stand-in, read whole. */
export interface Call {
  readonly method: string;
  readonly url: URL;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON. */
  readonly body?: string | Buffer | object;
}

/** More than any mail that the demo world sends, and little enough that a runaway client is harmless. */
const capBytes = 64 * 1024 * 1024;

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > capBytes) throw new Error('The request is larger than the stand-in takes.');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

export function send(response: ServerResponse, reply: Reply): void {
  const { body = '' } = reply;
  const isJson = typeof body === 'object' && !Buffer.isBuffer(body);
  response.writeHead(reply.status, {
    ...(isJson ? { 'content-type': 'application/json; charset=utf-8' } : {}),
    'cache-control': 'no-store',
    ...reply.headers,
  });
  response.end(isJson ? JSON.stringify(body) : body);
}

/** Turns a function from request to reply into a listener. `cut` as a reply closes the socket without an answer. */
export function serve(handle: (call: Call) => Promise<Reply | 'cut'>): RequestListener {
  return (request, response) => {
    const answer = async () => {
      const body = await readBody(request);
      const headers = Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]),
      );
      const url = new URL(request.url ?? '/', `http://${request.headers.host ?? 'localhost'}`);
      const reply = await handle({ method: request.method ?? 'GET', url, headers, body });
      if (reply === 'cut') request.socket.destroy();
      else send(response, reply);
    };
    answer().catch((error: unknown) => {
      // A stand-in that fails must be heard: a test would otherwise look for the fault on our own side.
      console.error('A stand-in failed:', error);
      if (!response.headersSent) send(response, { status: 500, body: { error: 'the stand-in failed' } });
      else response.destroy();
    });
  };
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for HTML, in elements and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

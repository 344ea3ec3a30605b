import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { listen } from '../../local/listen.ts';
import { answerCalls } from './child.ts';

// What receives the mail, in a process of its own: a webhook (`/hook`) and the records of a NocoBase (`/api/…`), which
// answers a new record with the whole of it. Messages are counted by their key, so that one that comes twice shows.

const received = new Map<string, { readonly mailboxId: string; readonly at: number; times: number }>();
let delayMs = 0;
let waiting: { readonly count: number; readonly done: (at: number) => void } | undefined;

/** Links to files of the latest messages. */
const links: string[] = [];

const find = (body: string, expression: RegExp): string => expression.exec(body)?.[1] ?? '';

function note(body: string): string {
  const key = find(body, /"messageKey":"([^"]+)"/);
  if (key === '') return key;
  for (const [link] of body.matchAll(/https?:[^"\s]+attachments\?token=[\w-]+/g)) links.push(link);
  const known = received.get(key);
  if (known !== undefined) known.times += 1;
  else received.set(key, { mailboxId: find(body, /"mailbox":\{"id":"([^"]+)"/), at: Date.now(), times: 1 });
  if (waiting !== undefined && received.size >= waiting.count) {
    waiting.done(Date.now());
    waiting = undefined;
  }
  return key;
}

const unique = (name: string, field: string) => ({ name, fields: [{ name: field, unique: true }] });
const meta = JSON.stringify({
  data: [unique('mail_messages', 'messageKey'), unique('mail_accounts', 'mailboxId'), { name: 'mail_outbox' }],
});

function answer(path: string, body: string): string {
  if (path.includes(':listMeta')) return meta;
  if (path.includes(':list')) return '{"data":[]}';
  if (path.includes('updateOrCreate')) return `{"data":[{"mailboxId":"${find(body, /"mailboxId":"([^"]+)"/)}"}]}`;
  if (path.includes(':update')) return '{"data":[]}';
  note(body);
  return path.startsWith('/api/') ? `{"data":${body}}` : 'ok';
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', async () => {
    const text = answer(request.url ?? '', Buffer.concat(chunks).toString('latin1'));
    // Noted before it is answered: a sender that is killed while it waits has sent all the same.
    if (delayMs > 0) await delay(delayMs);
    response.writeHead(200, { 'content-type': text === 'ok' ? 'text/plain' : 'application/json' });
    response.end(Buffer.from(text, 'latin1'));
  });
});

const handlers = {
  listen: async () => (await listen(server, 'the receiver')).port,
  setDelay: (ms: number) => {
    delayMs = ms;
  },
  clear: () => received.clear(),
  count: () => received.size,
  /** Links to files that came since the last call. */
  links: () => links.splice(0),
  /** Resolves when so many messages have come, with the instant of the last. */
  reach: (count: number) =>
    new Promise<number>((done) => {
      if (received.size >= count) done(Date.now());
      else waiting = { count, done };
    }),
  /** Every message: its mailbox, when it came first, and how often it came. */
  all: () => [...received].map(([key, one]) => ({ key, ...one })),
};

export type ReceiverCalls = typeof handlers;

answerCalls(handlers);

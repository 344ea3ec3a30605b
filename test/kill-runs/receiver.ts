/**
 * A receiver that can be killed: `node receiver.ts PORT FILE`. It notes what it accepts in FILE, a line of JSON each,
 * and only then answers, as a NocoBase commits before it answers: killed in between, it has the message without the
 * sender knowing. `/hook` is the trigger of a webhook; `/api/…` are the collections `messages` and `accounts`, with
 * unique keys.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type { Arrival } from './arrivals.ts';

const [, , port, file = ''] = process.argv;

// A record is there before its sender knows, for as long as a small NocoBase takes.
const slowestAnswerMs = 15;

const records = new Set<string>(
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line).key)
    : [],
);

const note = (arrival: Arrival) => {
  appendFileSync(file, `${JSON.stringify(arrival)}\n`);
  records.add(arrival.key);
};

async function answer(request: IncomingMessage): Promise<unknown> {
  const body = JSON.parse((await text(request)) || '{}');
  const url = new URL(request.url ?? '', 'http://localhost');
  if (url.pathname === '/hook') {
    if (body.type === 'message.received') {
      note({ key: body.data.messageKey, subject: body.data.subject, by: 'webhook' });
    }
    if (String(body.type).startsWith('submission.')) {
      const key = String(request.headers['webhook-id']);
      note({ key, subject: `${body.type} ${body.data.submissionId}`, by: 'outcome' });
    }
    return 'ok';
  }
  switch (url.pathname) {
    case '/api/messages:firstOrCreate':
      note({ key: body.messageKey, subject: body.subject, by: 'record' });
      return { data: { messageKey: body.messageKey } };
    case '/api/accounts:updateOrCreate':
      return { data: [{ mailboxId: body.mailboxId }] };
    case '/api/messages:update':
      return { data: [] };
    case '/api/collections:listMeta':
      return {
        data: [
          { name: 'messages', fields: [{ name: 'messageKey', unique: true }] },
          { name: 'accounts', fields: [{ name: 'mailboxId', unique: true }] },
          { name: 'outbox' },
        ],
      };
    case '/api/roles:check':
      return { data: { allowAll: true, actions: {} } };
    case '/api/messages:list': {
      const { messageKey } = JSON.parse(url.searchParams.get('filter') ?? '{}');
      return { data: records.has(messageKey) ? [{ messageKey }] : [] };
    }
    default:
      return undefined;
  }
}

createServer(async (request, response) => {
  const found = await answer(request);
  await delay(Math.random() * slowestAnswerMs);
  response.writeHead(found === undefined ? 404 : 200, { 'content-type': 'application/json' });
  response.end(typeof found === 'string' ? found : JSON.stringify(found ?? {}));
}).listen(Number(port), '127.0.0.1', () => process.send?.('ready'));

process.once('disconnect', () => process.exit(0));

import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { mail, mailbox, received } from '../../../../test/support/nocobase/events.ts';
import { type NocobaseApi, startNocobaseApi } from '../../../../test/support/nocobase-api.ts';
import { type VirtualClock, virtualClock } from '../../../../test/support/virtual-clock.ts';
import type { Attachment } from '../../domain/mail/message.ts';
import { BrokerError } from '../../errors.ts';
import { consoleLog } from '../../log.ts';
import { createOutbound, type Outbound, type OutboundRequest } from '../../outbound/outbound.ts';
import { createRenderer } from '../events/render.ts';
import { loadSanitizer } from '../sanitize/sanitize.ts';
import type { OpenDestination, Transport } from '../webhook/webhook.ts';
import { createCollection } from './collection.ts';

let api: NocobaseApi;
let outbound: Outbound;
let clock: VirtualClock;
const sent: OutboundRequest[] = [];
let collection: Transport;
/** Content by part; an error fails in the middle of it, a number is so many MiB. */
let parts: Record<string, string | number | BrokerError>;
/** MiB that were read of parts that are so many. */
let handedOut: number;
const opened: string[] = [];
const open = new Set<Readable>();

beforeEach(async () => {
  api = await startNocobaseApi();
  Object.assign(api.collections.mail_messages?.fields ?? {}, { attachments: { of: 'attachment' } });
  outbound = createOutbound({
    inAzure: false,
    privateDestinations: [{ host: api.host, network: '127.0.0.0/8' }],
    timeoutMs: 2000,
  });
  clock = virtualClock();
  sent.length = 0;
  parts = { 2: 'a;1\n'.repeat(1000), 3: 'pdf' };
  opened.length = 0;
  handedOut = 0;
  const renderer = createRenderer({ log: consoleLog(() => undefined), loadSanitizer });
  collection = createCollection({
    outbound: {
      ...outbound,
      send(request) {
        sent.push(request);
        return outbound.send(request);
      },
    },
    clock,
    renderer,
    openFile: async ({ part, mailboxId, uid }) => {
      opened.push(`${mailboxId} ${uid} ${part}`);
      const content = parts[part];
      const bytes = Readable.from(
        (async function* () {
          yield Buffer.from('a;');
          if (content instanceof BrokerError) throw content;
          if (typeof content === 'number') {
            for (; handedOut < content; handedOut += 1) yield Buffer.alloc(1024 * 1024, 'x');
          } else yield Buffer.from(content?.slice(2) ?? '');
        })(),
        { objectMode: false },
      );
      open.add(bytes);
      bytes.once('close', () => open.delete(bytes));
      return bytes;
    },
  });
});
afterEach(async () => {
  await outbound.close();
  api.stop();
  // Whatever happened, nothing is left that holds a connection to the mailbox.
  expect(open.size).toBe(0);
});

const destination = (attachments: string | undefined = 'attachments'): OpenDestination => ({
  config: {
    id: 'dst_0123456789ab',
    type: 'collection',
    name: 'NocoBase',
    url: api.url,
    rawHtml: false,
    paused: false,
    collections: { messages: 'mail_messages', accounts: 'mail_accounts', outbox: 'mail_outbox', attachments },
    auth: 'bearer',
    signingSince: [],
    createdAt: new Date(),
    updatedAt: new Date(),
  },
  secrets: { signing: [], auth: { kind: 'bearer', token: api.token } },
});

const never = new AbortController().signal;
const file = (part: string, more: Partial<Attachment> = {}): Attachment => ({
  part,
  filename: `file-${part}.csv`,
  contentType: 'text/csv',
  size: 4000,
  inline: false,
  ...more,
});
const withFiles = (...attachments: Attachment[]) => received('m_1', { attachments });
const send = (event: ReturnType<typeof received>, to = destination()) => collection.send(to, event, never);
const records = () => api.collections.mail_messages?.rows ?? [];
const truncatedOf = (record: Record<string, unknown> | undefined) =>
  (record?.raw as { data: { truncated: unknown } } | undefined)?.data.truncated;
const accepted = { kind: 'accepted', status: 200 };

describe('the files of a mail', () => {
  it('are uploaded for the field that shows them, before the record is made', async () => {
    expect(await send(withFiles(file('2', { filename: 'Preise für März.csv' }), file('3')))).toEqual(accepted);
    expect(api.files).toEqual([
      {
        field: 'mail_messages.attachments',
        name: 'Preise für März.csv',
        type: 'text/csv',
        text: 'a;1\n'.repeat(1000),
      },
      { field: 'mail_messages.attachments', name: 'file-3.csv', type: 'text/csv', text: 'a;f' },
    ]);
    expect(records()).toMatchObject([{ messageKey: 'm_1', attachments: [{ id: 1 }, { id: 2 }], hasAttachments: true }]);
    expect(truncatedOf(records()[0])).toEqual([]);
    expect(opened).toEqual([`${mailbox.id} ${mail.meta.uid} 2`, `${mailbox.id} ${mail.meta.uid} 3`]);
  });

  it('stay links where the destination does not name the field, and for images of the text', async () => {
    const plain = { ...destination(), config: { ...destination().config } };
    const { attachments: _, ...collections } = plain.config.collections ?? { messages: '', accounts: '', outbox: '' };
    expect(await send(withFiles(file('2')), { ...plain, config: { ...plain.config, collections } })).toEqual(accepted);
    expect(await send(received('m_2', { attachments: [file('2', { inline: true })] }))).toEqual(accepted);
    expect(api.files).toEqual([]);
    expect(opened).toEqual([]);
  });

  it('are not uploaded again for a record that is there already', async () => {
    await send(withFiles(file('2')));
    expect(await send(withFiles(file('2')))).toEqual(accepted);
    expect(api.files).toHaveLength(1);
    expect(records()).toHaveLength(1);
  });

  it('are not uploaded again when the record could not be made at first', async () => {
    api.override = (action) => (action === 'mail_messages:firstOrCreate' ? { status: 503, body: '' } : undefined);
    expect(await send(withFiles(file('2')))).toMatchObject({ kind: 'held', status: 503 });
    expect(records()).toEqual([]);
    api.override = undefined;
    expect(await send(withFiles(file('2')))).toEqual(accepted);
    expect(api.files).toHaveLength(1);
    expect(records()).toMatchObject([{ attachments: [{ id: 1 }] }]);
  });

  it.each<[string, number, object]>([
    ['a key that is not good', 401, { kind: 'held', reason: 'destination_unauthorised' }],
    ['a right that is missing', 403, { kind: 'held', reason: 'destination_unauthorised' }],
    ['a server that starts', 503, { kind: 'held', reason: 'destination_busy' }],
    ['a gateway that finds no server', 530, { kind: 'held', reason: 'destination_gateway_failed' }],
    ['a proxy that wants a password', 407, { kind: 'held', reason: 'destination_gateway_failed' }],
  ])('postpone the whole mail if they meet %s', async (_what, status, outcome) => {
    api.override = (action) => (action === 'attachments:create' ? { status, body: '{}' } : undefined);
    expect(await send(withFiles(file('2'), file('3')))).toMatchObject(outcome);
    expect(records()).toEqual([]);
    api.override = undefined;
    expect(await send(withFiles(file('2'), file('3')))).toEqual(accepted);
    expect(records()).toMatchObject([{ attachments: [{ id: 1 }, { id: 2 }] }]);
  });

  it('meet a NocoBase that fails on everything as a fault of the destination', async () => {
    api.override = () => ({ status: 500, body: '{}' });
    const busy = { kind: 'held', reason: 'destination_busy', status: 500, attempted: true };
    expect(await send(withFiles(file('2')))).toEqual(busy);
    expect(opened).toEqual([]);
  });

  it('are uploaded at the second try where NocoBase fails on the first', async () => {
    let failures = 1;
    api.override = (action) =>
      action === 'attachments:create' && failures-- > 0 ? { status: 500, body: '{}' } : undefined;
    expect(await send(withFiles(file('2'), file('3')))).toEqual(accepted);
    expect(records()).toMatchObject([{ attachments: [{ id: 1 }, { id: 2 }] }]);
  });

  it.each([408, 413, 504, 507, 524])(
    'stay links if a gateway answers %i twice, and the mail arrives with its text',
    async (status) => {
      api.override = (action) => (action === 'attachments:create' ? { status, body: '<html>' } : undefined);
      expect(await send(withFiles(file('2')))).toEqual(accepted);
      expect(api.requests.filter((request) => request === 'POST attachments:create')).toHaveLength(2);
      expect(records()).toMatchObject([{ messageKey: 'm_1', text: mail.text, hasAttachments: true }]);
      expect(truncatedOf(records()[0])).toEqual(['attachments']);
    },
  );

  it.each([408, 413, 504, 507, 524])(
    'are uploaded at the second attempt if a gateway answers %i once',
    async (status) => {
      let failures = 1;
      api.override = (action) =>
        action === 'attachments:create' && failures-- > 0 ? { status, body: '<html>' } : undefined;
      expect(await send(withFiles(file('2'), file('3')))).toEqual(accepted);
      expect(records()).toMatchObject([{ attachments: [{ id: 1 }, { id: 2 }] }]);
    },
  );

  it('postpone the whole mail if the gateway is first slow and then down', async () => {
    const statuses = [504, 503];
    api.override = (action) =>
      action === 'attachments:create' ? { status: statuses.shift() ?? 503, body: '<html>' } : undefined;
    expect(await send(withFiles(file('2'), file('3')))).toMatchObject({ kind: 'held', status: 503 });
    expect(records()).toEqual([]);
  });

  it('stay links if the file storage fails, and the mail arrives with its text', async () => {
    api.override = (action) => (action === 'attachments:create' ? { status: 500, body: '{}' } : undefined);
    expect(await send(withFiles(file('2'), file('3')))).toEqual(accepted);
    expect(records()).toMatchObject([{ messageKey: 'm_1', text: mail.text, hasAttachments: true }]);
    expect(truncatedOf(records()[0])).toEqual(['attachments']);
  });

  it('stay links if NocoBase hangs for a minute, and the mail arrives with its text', async () => {
    api.override = (action) => (action === 'attachments:create' ? 'silence' : undefined);
    const sending = send(withFiles(file('2'), file('3')));
    await vi.waitUntil(() => api.requests.includes('POST attachments:create'), { timeout: 60_000 });
    // Longer than any other request has, for a file may be large; the limit of all of them together ends it.
    expect(sent.at(-1)?.timeoutMs).toBeGreaterThanOrEqual(60_000);
    await clock.advance(59_999);
    expect(records()).toEqual([]);
    await clock.advance(1);
    expect(await sending).toEqual(accepted);
    expect(records()).toMatchObject([{ messageKey: 'm_1', text: mail.text, hasAttachments: true }]);
    expect(truncatedOf(records()[0])).toEqual(['attachments']);
    // Then the next one is not started.
    expect(opened).toHaveLength(1);
  });

  it('stay links if NocoBase refuses them or they exceed the limit, and the event says so', async () => {
    const refusal = JSON.stringify({ errors: [{ message: 'File too large', code: 'LIMIT_FILE_SIZE' }] });
    let refusals = 1;
    api.override = (action) =>
      action === 'attachments:create' && refusals-- > 0 ? { status: 400, body: refusal } : undefined;
    const large = file('4', { size: 21 * 1024 * 1024 });
    expect(await send(withFiles(file('2'), file('3'), large))).toEqual(accepted);
    expect(records()).toMatchObject([{ attachments: [{ id: 1 }], hasAttachments: true }]);
    expect(truncatedOf(records()[0])).toEqual(['attachments']);
    expect(opened.map((place) => place.split(' ').at(-1))).toEqual(['2', '3']);
  });

  it('are 20 and 40 MB at most of one mail, and the others stay links', async () => {
    const many = Array.from({ length: 22 }, (_, index) => file(String(index + 2), { size: 1 }));
    expect(await send(received('m_1', { attachments: many }))).toEqual(accepted);
    expect(api.files).toHaveLength(20);
    const large = ['2', '3', '4', '5'].map((part) => file(part, { size: 15 * 1024 * 1024 }));
    expect(await send(received('m_2', { attachments: [...large, file('6')] }))).toEqual(accepted);
    expect(api.files.slice(20).map(({ name }) => name)).toEqual(['file-2.csv', 'file-3.csv', 'file-6.csv']);
    expect(records().map(truncatedOf)).toEqual([['attachments'], ['attachments']]);
  });

  it('stay links if they are larger than announced, and are not read to their end', async () => {
    parts['2'] = 100;
    expect(await send(withFiles(file('2'), file('3')))).toEqual(accepted);
    expect(handedOut).toBeLessThan(30);
    expect(records()).toMatchObject([{ attachments: [{ id: 1 }] }]);
    expect(truncatedOf(records()[0])).toEqual(['attachments']);
  });

  it('are not believed to be there if NocoBase has stored less than was sent', async () => {
    const body = JSON.stringify({ data: { id: 5, filename: 'file-2.csv', size: 3999 } });
    api.override = (action) => (action === 'attachments:create' ? { status: 200, body } : undefined);
    expect(await send(withFiles(file('2')))).toMatchObject({ kind: 'held', reason: 'destination_answer_unexpected' });
    expect(records()).toEqual([]);
  });

  it('are not believed to be there if NocoBase found no file in the form', async () => {
    const body = JSON.stringify({ data: { id: 5, filename: null, size: null } });
    api.override = (action) => (action === 'attachments:create' ? { status: 200, body } : undefined);
    expect(await send(withFiles(file('2')))).toMatchObject({ kind: 'held', reason: 'destination_answer_unexpected' });
    expect(records()).toEqual([]);
  });

  it('postpone the whole mail twice if the mailbox does not return them; then it is delivered without them', async () => {
    parts['2'] = new BrokerError('imap_unreachable');
    // On a connection that served before, too: a mailbox that fails is no connection that was idle.
    await send(received('m_0', { attachments: [file('3')] }));
    for (let attempt = 0; attempt < 2; attempt += 1) {
      await expect(send(withFiles(file('2'), file('3')))).rejects.toMatchObject({ code: 'imap_unreachable' });
      expect(records()).toHaveLength(1);
    }
    expect(opened.filter((place) => place.endsWith(' 2'))).toHaveLength(2);
    expect(await send(withFiles(file('2'), file('3')))).toEqual(accepted);
    expect(records().at(-1)).toMatchObject({ messageKey: 'm_1', attachments: [{ id: 2 }] });
    expect(api.files).toHaveLength(2);
  });

  it('do not block the mail if they are gone from the mailbox', async () => {
    parts['2'] = new BrokerError('message_gone');
    expect(await send(withFiles(file('2'), file('3')))).toEqual(accepted);
    expect(records()).toMatchObject([{ attachments: [{ id: 1 }] }]);
  });

  it('are left out of a mail that is sent without its text, since they may be why it was refused', async () => {
    expect(await send(received('m_1', { attachments: [file('2')] }, { variant: 'metadata' }))).toEqual(accepted);
    expect(api.files).toEqual([]);
    expect(records()).toHaveLength(1);
  });

  it.each([
    ['quotes and line breaks', 'a"b\r\nContent-Type: x/y\\c.csv', 'a_b__Content-Type: x_y_c.csv'],
    ['a path', '../../etc/passwd', '.._.._etc_passwd'],
    ['no name', '', 'file'],
    ['no end', `${'x'.repeat(500)}.csv`, `${'x'.repeat(120)}.csv`],
  ])('get a name that breaks no header and fits its column if they have %s', async (_what, filename, name) => {
    expect(await send(withFiles(file('2', { filename, contentType: 'text/csv\r\nx: y' })))).toEqual(accepted);
    expect(api.files).toMatchObject([{ name, type: 'application/octet-stream' }]);
  });

  it('are asked of NocoBase by name: a field that is none for files is refused', async () => {
    expect(await collection.examine?.(destination(), never)).toEqual(accepted);
    expect(await collection.examine?.(destination('subject'), never)).toMatchObject({ reason: 'destination_unfit' });
    expect(await collection.examine?.(destination('nothing'), never)).toMatchObject({ reason: 'destination_unfit' });
    const all = Object.keys(api.collections.mail_messages?.fields ?? {});
    api.rights['mail_messages:create'] = { whitelist: all.filter((field) => field !== 'attachments') };
    expect(await collection.examine?.(destination(), never)).toMatchObject({
      reason: 'destination_role_may_not_create',
    });
  });
});

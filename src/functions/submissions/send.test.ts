import PostalMime, { type Email } from 'postal-mime';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { composed } from '../../../test/support/composed.ts';
import { anyCaller } from '../../../test/support/connect-world.ts';
import { boundary, field, file, form, formType } from '../../../test/support/form.ts';
import { send as call } from '../../../test/support/http.ts';
import { type SendDoorWorld, sendDoorWorld } from '../../../test/support/send-door.ts';
import { rowsOfTable } from '../../../test/support/tables.ts';

import { systemRandom } from '../../lib/domain/system.ts';
import { newMessageId } from '../../lib/submissions/requests/sender.ts';
import { openContent } from '../../lib/submissions/sealed-content.ts';
import { openSegments } from '../../lib/vault/segments.ts';

vi.mock('../../lib/broker.ts', () => import('../../../test/support/composed.ts'));
vi.mock('@azure/functions', async (original) =>
  (await import('../../../test/support/without-host.ts')).withoutHost(original),
);

const { send } = await import('./send.ts');

let world: SendDoorWorld;
beforeEach(async () => {
  world = await sendDoorWorld();
  composed.broker = async () => world.parts;
});

const post = (
  body: object | string | Uint8Array,
  { query = '', headers = {} }: { query?: string; headers?: Record<string, string> } = {},
) => call(send, { method: 'POST', path: `mailboxes/x/send${query}`, params: { id: world.mailbox.id }, headers, body });

const offer = { to: ['Grace <grace@fabrikam.example>'], bcc: 'eve@fabrikam.example', subject: 'Offer', text: 'Hello' };
const stored = () => rowsOfTable(world.store, 'submissions');

describe('a dry run', () => {
  it('shows the message and everybody whom it would go to, and keeps nothing', async () => {
    const answer = await post({ ...offer, dryRun: true }, { headers: { 'idempotency-key': 'one' } });
    expect(answer).toMatchObject({
      status: 200,
      body: {
        from: 'ada@contoso.example',
        recipients: ['grace@fabrikam.example', 'eve@fabrikam.example'],
        subject: 'Offer',
        mimeTruncated: false,
      },
    });
    expect(answer.body.mime).toContain('To: Grace <grace@fabrikam.example>\r\n');
    expect(answer.body.mime).not.toContain('eve@');
    expect(answer.body.size).toBe(Buffer.byteLength(answer.body.mime));
    expect(await stored()).toEqual([]);
    expect(world.blobs.names()).toEqual([]);
    expect(world.audited).toEqual([]);
  });

  it('shows the beginning of a message that is too long for an answer, and its whole size', async () => {
    const answer = await post({ ...offer, text: 'x'.repeat(4_500_000), dryRun: true });
    expect(answer.body.mimeTruncated).toBe(true);
    expect(answer.body.mime.length).toBe(4 * 1024 * 1024);
    expect(answer.body.size).toBeGreaterThan(4_500_000);
  });

  it('is in ASCII where its alias, its recipients and the Message-ID have a domain beyond that', async () => {
    await world.sending.settings.change(world.mailbox.id, { aliases: ['sales@münchen.example'] });
    const answer = await post({
      ...offer,
      from: 'Vertrieb <Sales@MÜNCHEN.example>',
      to: 'b@münchen.example',
      dryRun: true,
    });
    const munich = 'xn--mnchen-3ya.example';
    expect(answer.body).toMatchObject({ from: `sales@${munich}`, recipients: [`b@${munich}`, 'eve@fabrikam.example'] });
    expect(answer.body.mime).toContain(`From: Vertrieb <sales@${munich}>\r\nTo: b@${munich}\r\n`);
    expect(answer.body.mime).toMatch(/^[\x20-\x7e\r\n\t]*$/);
    expect(newMessageId({ address: 'ada@münchen.example' }, systemRandom)).toMatch(
      /^<[0-9A-Za-z]{24}@xn--mnchen-3ya\.example>$/,
    );
  });

  it('is refused as the message itself would be', async () => {
    expect((await post({ ...offer, from: 'boss@contoso.example', dryRun: true })).body.code).toBe('sender_not_own');
    expect((await post({ text: 'x', dryRun: true })).body.code).toBe('invalid_request');
    const sendAt = new Date(Date.now() + 91 * 86_400_000).toISOString();
    expect((await post({ ...offer, sendAt, dryRun: true })).body.fields).toEqual([
      { field: 'sendAt', message: 'Is more than 90 days ahead.' },
    ]);
  });
});

describe('sending with wait=true', () => {
  it('answers 200 with what became of the message while it waited', async () => {
    const answer = post(offer, { query: '?wait=true' });
    await vi.waitFor(async () =>
      expect(await world.sending.submissions.page(world.mailbox.id, undefined, 1)).toHaveLength(1),
    );
    const [row] = await world.sending.submissions.page(world.mailbox.id, undefined, 1);
    await world.sending.submissions.cancel(row?.submission.id ?? '');
    expect(await answer).toMatchObject({ status: 200, body: { state: 'cancelled' } });
  });

  it('answers 202 at once for a message that is to go later', async () => {
    const sendAt = new Date(Date.now() + 3_600_000).toISOString();
    const answer = await post({ ...offer, sendAt }, { query: '?wait=true' });
    expect(answer).toMatchObject({ status: 202, body: { state: 'scheduled' } });
  });

  it.each(['', ' ', 'a b', 'x\u00e9', 'x'.repeat(201)])('refuses the idempotency key %j', async (key) => {
    const answer = await post(offer, { headers: { 'idempotency-key': key } });
    expect([answer.status, answer.body.fields[0].field]).toEqual([400, 'the header Idempotency-Key']);
    expect(await stored()).toEqual([]);
  });

  it.each(['?wait=maybe', '?wiat=true'])('refuses the query %s', async (query) => {
    expect((await post(offer, { query })).body.code).toBe('invalid_request');
    expect(await stored()).toEqual([]);
  });
});

describe('the time of a message', () => {
  it.each([
    ['now, and may be two days late', {}, 0, 48 * 3600],
    ['now, where it has passed', { sendAt: '2020-01-01T00:00:00+08:00' }, 0, 48 * 3600],
    ['that of sendAt, from which its lateness counts', { sendAt: 3600, expiresIn: 600 }, 3600, 4200],
  ])('is %s', async (_what, { sendAt, ...body }: { sendAt?: string | number; expiresIn?: number }, due, expires) => {
    const at = typeof sendAt === 'number' ? new Date(world.clock.now() + sendAt * 1000).toISOString() : sendAt;
    const answer = await post({ ...offer, ...body, ...(at === undefined ? {} : { sendAt: at }) });
    const since = typeof sendAt === 'number' ? Date.parse(at ?? '') - due * 1000 : Date.parse(answer.body.createdAt);
    expect((Date.parse(answer.body.sendAt) - since) / 1000).toBe(due);
    expect((Date.parse(answer.body.expiresAt) - since) / 1000).toBe(expires);
  });

  it.each(['2026-12-01T09:00:00', '2026-12-01', 'tomorrow', 1_800_000_000])(
    'is no %j, which has no offset',
    async (sendAt) => {
      const [fault] = (await post({ ...offer, sendAt })).body.fields;
      expect(fault).toEqual({ field: 'sendAt', message: expect.stringContaining('with an offset, such as') });
    },
  );
});

describe('an idempotency key', () => {
  const headers = { 'idempotency-key': 'order-1' };
  const as = (keyId: string) => {
    composed.broker = async () => ({ ...world.parts, apiKeys: { verify: async () => ({ ...anyCaller, keyId }) } });
  };

  it('means the same message for every API key, since keys rotate, and however its JSON is written', async () => {
    const first = await post(offer, { headers });
    as('another');
    const again = await post(JSON.stringify(Object.fromEntries(Object.entries(offer).reverse()), null, 2), { headers });
    expect([again.status, again.body.id]).toEqual([202, first.body.id]);
    expect((await post({ ...offer, text: 'Hello!' }, { headers })).body.code).toBe('idempotency_key_reused');
  });

  it('means another message where the mail of the mailbox goes to another destination', async () => {
    const first = await post(offer, { headers });
    await world.registry.patch(world.mailbox.id, { destinationId: 'dst_otherotherot' });
    const other = await post({ ...offer, text: 'Hello!' }, { headers });
    expect(other.status).toBe(202);
    expect(other.body.id).not.toBe(first.body.id);
  });
});

/** Sends a form as a program does; a key makes it repeatable. */
const upload = (parts: Parameters<typeof form>[0], { key, end }: { key?: string; end?: boolean } = {}) => {
  const body = form(parts, { end: end ?? true });
  const headers = { 'content-type': formType, 'content-length': String(body.length) };
  return post(body, { headers: key === undefined ? headers : { ...headers, 'idempotency-key': key } });
};

/** The message of a submission as it would leave. */
async function rawMessageOf(id: string): Promise<string> {
  const [found] = await world.sending.submissions.page(world.mailbox.id, undefined, 1);
  const { blobKey } = await openContent(world.sealer, id, found?.sealed ?? new Uint8Array());
  const sealed = await world.blobs.read(id);
  if (sealed === undefined) throw new Error('no blob');
  const chunks: Uint8Array[] = [];
  for await (const chunk of openSegments(blobKey, id, sealed)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const messageOf = async (id: string): Promise<Email> => PostalMime.parse(await rawMessageOf(id));

const evil = '\r\nBcc: eve@evil.example';

describe('a form with files', () => {
  const text = [
    field('to', 'Grace <grace@fabrikam.example>'),
    field('subject', 'Offer'),
    field('text', 'See the files'),
  ];
  const large = Buffer.from(Array.from({ length: 700_000 }, (_, index) => index % 251));

  it('becomes a message with them, small ones and those that wait in a blob, and leaves nothing else behind', async () => {
    const parts = [
      file('offer.pdf', large, 'application/pdf'),
      ...text,
      file('Übersicht.csv', 'a;b', 'text/csv'),
      field('bulk', 'true'),
    ];
    const answer = await upload(parts);
    expect(answer).toMatchObject({ status: 202, body: { state: 'queued' } });
    expect(world.blobs.names()).toEqual([answer.body.id]);
    const { attachments, subject, to } = await messageOf(answer.body.id);
    expect([subject, to?.[0]?.address]).toEqual(['Offer', 'grace@fabrikam.example']);
    expect(
      attachments.map(({ filename, mimeType, content }) => [
        filename,
        mimeType,
        Buffer.from(content as ArrayBuffer).length,
      ]),
    ).toEqual([
      ['offer.pdf', 'application/pdf', 700_000],
      ['Übersicht.csv', 'text/csv', 3],
    ]);
    expect(Buffer.from(attachments[0]?.content as ArrayBuffer).equals(large)).toBe(true);
    const [row] = await world.sending.submissions.page(world.mailbox.id, undefined, 1);
    expect(row?.submission.priority).toBe('bulk');
  });

  it('is the same request with the same files, whatever its boundary, and another one with other files', async () => {
    const parts = [...text, file('a.bin', large)];
    const first = await upload(parts, { key: 'one' });
    const other = Buffer.from(Buffer.from(form(parts)).toString('latin1').replaceAll(boundary, 'another'), 'latin1');
    const headers = { 'content-type': 'multipart/form-data; boundary=another', 'idempotency-key': 'one' };
    const again = await post(other, { headers });
    expect([again.status, again.body.id]).toEqual([202, first.body.id]);
    expect((await upload([...text, file('a.bin', large.subarray(1))], { key: 'one' })).body.code).toBe(
      'idempotency_key_reused',
    );
    expect((await upload([...text, file('b.bin', large)], { key: 'one' })).body.code).toBe('idempotency_key_reused');
    expect((await upload(text, { key: 'one' })).body.code).toBe('idempotency_key_reused');
    expect(world.blobs.names()).toEqual([first.body.id]);
  });

  it('is taken once when it is sent by several at once under one key', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => upload([...text, file('a.bin', large)], { key: 'one' })));
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.id}`)).size).toBe(1);
    expect(world.blobs.names()).toEqual([answers[0]?.body.id]);
  });

  it('names a picture that its HTML shows by its file', async () => {
    const parts = [...text, field('html', '<img src="cid:logo.png">'), file('logo.png', 'PNG', 'image/png')];
    const { attachments } = await messageOf((await upload(parts)).body.id);
    expect(attachments).toMatchObject([{ filename: 'logo.png', disposition: 'inline', contentId: '<logo.png>' }]);
  });

  it('puts no header into the message through the name or type of a file', async () => {
    const evil = 'x%0d%0aBcc: eve@evil.example\u2028\u0007';
    const parts = [
      ...text,
      file(`a${evil}.pdf`, 'x', 'application/pdf; name="b"; x=y'),
      file('=?utf-8?B?DQpCY2M6IGV2ZQ==?=', 'x'),
      {
        disposition: 'form-data; name="attachments"; filename="a"; filename*=utf-8\'\'b%0D%0ABcc:%20eve@evil.example',
        body: 'x',
      },
    ];
    const answer = await upload(parts);
    const raw = await rawMessageOf(answer.body.id);
    expect(raw.split('\r\n').filter((line) => /^bcc:/i.test(line))).toEqual([]);
    expect((await PostalMime.parse(raw)).attachments).toHaveLength(3);
    const named = raw.split('\r\n').filter((line) => /name/.test(line));
    for (const line of named) expect(line).toMatch(/^[\x20-\x7e\t]*$/);
  });

  it.each<[string, Parameters<typeof form>[0], string]>([
    ['a text that names nobody', [field('subject', 'x')], 'to'],
    ['an unknown field', [...text, field('attachment', 'x')], 'attachment'],
    ['a truth that is none', [...text, field('bulk', 'yes')], 'bulk'],
    ['a number that is none', [...text, field('expiresIn', '1h')], 'expiresIn'],
    ['a field given twice that is one text', [...text, field('subject', 'y')], 'subject'],
    ['a reference that is no JSON', [...text, field('attachments', '{"url":')], 'attachments.0'],
    ...['from', 'to', 'cc', 'bcc', 'replyTo', 'subject', 'priority', 'reply', 'replyAll', 'forward', 'sendAt'].map(
      (name): [string, Parameters<typeof form>[0], string] => [
        `a header injected through ${name}`,
        [...text.filter((part) => !part.disposition.includes(`"${name}"`)), field(name, `ada@contoso.example${evil}`)],
        name,
      ],
    ),
    [
      'a header injected through the address to unsubscribe at',
      [...text, field('listUnsubscribe', JSON.stringify({ mailto: `a@x.example${evil}` }))],
      'listUnsubscribe.mailto',
    ],
    ...['filename', 'contentType', 'contentId', 'messageRef', 'part', 'uploadId'].map(
      (name): [string, Parameters<typeof form>[0], string] => [
        `a header injected through ${name} of a file`,
        [...text, field('attachments', JSON.stringify({ content: 'YQ==', [name]: `a${evil}` }))],
        `attachments.0.${name}`,
      ],
    ),
    [
      'a header injected through the name of a field',
      [...text, field(`x${evil}`.replace(/[\r\n]+/g, '%0D%0A'), 'x')],
      '(unnamed)',
    ],
  ])('is refused with %s', async (_what, parts, name) => {
    const answer = await upload(parts);
    expect([answer.body.code, answer.body.fields?.map(({ field: at }: { field: string }) => at)]).toEqual([
      'invalid_request',
      [name],
    ]);
    expect([await stored(), world.blobs.names()]).toEqual([[], []]);
  });

  it('leaves nothing if it is cut off', async () => {
    const answer = await upload([...text, file('a.bin', large)], { end: false });
    expect([answer.status, answer.body.code]).toEqual([400, 'malformed_form']);
    expect([await stored(), world.blobs.names()]).toEqual([[], []]);
  });

  it('is refused with the figures if it is too large for a message, and leaves nothing', async () => {
    const answer = await upload([...text, file('a.bin', new Uint8Array(27_000_000))]);
    expect([answer.status, answer.body.code]).toEqual([413, 'mail_too_large']);
    expect(answer.body.detail).toMatch(/35 MB.*about 25 MB/);
    expect([await stored(), world.blobs.names()]).toEqual([[], []]);
  });

  it('is refused before it is read if it announces more than the route accepts', async () => {
    const headers = { 'content-type': formType, 'content-length': '36000001' };
    expect((await post(form(text), { headers })).body.code).toBe('body_too_large');
  });

  it('has to come again where as much is being taken in as there is memory for', async () => {
    const giveBack = world.sending.intake.budget.take(159 * 1024 * 1024);
    const answer = await upload([...text, file('a.bin', large)]);
    expect([answer.status, answer.body.code, answer.headers.get('retry-after')]).toEqual([503, 'uploads_busy', '5']);
    giveBack();
    for (let turn = 0; turn < 3; turn++) expect((await upload([...text, file('a.bin', large)])).status).toBe(202);
  });

  it('takes JSON objects for files elsewhere and for how to get off a list', async () => {
    const unsubscribe = field('listUnsubscribe', '{"url": "https://x.example/off"}');
    const { headers } = await messageOf((await upload([...text, unsubscribe])).body.id);
    expect(headers.find(({ key }) => key === 'list-unsubscribe')?.value).toBe('<https://x.example/off>');
    const answer = await upload([...text, field('attachments', '{"url": "https://elsewhere.example/a.pdf"}')]);
    expect(answer.body.code).toBe('attachment_source_refused');
  });
});

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { operations } from '../src/lib/http/answers/answers.ts';
import { apiVersion } from '../src/lib/http/api-version.ts';
import { invite, namesFor } from './support/example-names.ts';
import { composeMail } from './support/mail.ts';
import { blocksOf, readPage } from './support/page.ts';
import { describeNeeding } from './support/requirements.ts';
import { type ShellSession, startShell } from './support/shell-session.ts';
import { startWorld, type World } from './support/world.ts';

const ada = 'ada@contoso.example';

describeNeeding('curl', 'docs/mailbox-api.md', () => {
  const blocks = blocksOf(readPage('docs/mailbox-api.md'), 'sh');
  const folder = mkdtempSync(join(tmpdir(), 'mailbox-page-'));
  let world: World;
  let shell: ShellSession;
  let source: string;
  let submissionId = '';

  beforeAll(async () => {
    world = await startWorld();
    await world.connect(ada);
    const mail = await composeMail({
      ...{ from: 'Grace Hopper <grace@contoso.example>', to: ada, subject: 'Offer for the greenhouse', text: 'Hello.' },
      attachments: [{ filename: 'prices.csv', content: 'position;price', contentType: 'text/csv' }],
    });
    source = mail.toString().replace(/\r?\n/g, '\r\n');
    await world.standIns.imap.deliver(ada, mail);
    shell = startShell(folder);
  });
  afterAll(async () => {
    shell?.end();
    await world?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** What a reader puts in the place of a value with an ellipsis; no key that may do more than the page asks for. */
  const given: Record<string, () => Promise<string>> = {
    BROKER: async () => world.url.replace(/\/api$/, ''),
    BROKER_KEY: async () => (await world.api('POST', 'keys', { body: { scopes: ['read', 'write', 'send'] } })).body.key,
    MAILBOX: async () => (await world.api('GET', `mailboxes?address=${ada}`)).body.items[0].id,
  };
  const asReader = async (block: string): Promise<string> =>
    (
      await Promise.all(
        block.split('\n').map(async (line) => {
          const name = /^(\w+)=\S*(?:…|example\.com)/.exec(line)?.[1];
          const value = name === undefined ? undefined : given[name];
          return value === undefined ? line : `${name}='${await value()}'`;
        }),
      )
    ).join('\n');

  it('gives commands that work, in its order', async () => {
    for (const block of blocks) {
      if (block.includes('INVITATION=')) await invite(world, ada);
      const output = await shell.run(await asReader(block));
      if (block.includes('counts=inbox,sent')) {
        const { items } = JSON.parse(output);
        expect(items.find(({ role }: { role: string }) => role === 'inbox')).toMatchObject({ messages: 1, unseen: 1 });
      }
      if (/messages\?(folder=inbox|from)/.test(block)) {
        for (const page of output.split('}{')) expect(page).toContain('"subject":"Offer for the greenhouse"');
      }
      if (block.includes('mailbox "messages/$MESSAGE_REF"\n')) {
        expect(JSON.parse(output)).toMatchObject({
          ...{
            subject: 'Offer for the greenhouse',
            text: 'Hello.',
            replyText: 'Hello.',
            seen: false,
            hasAttachments: true,
          },
          attachments: [{ part: '2', filename: 'prices.csv', url: expect.stringContaining('/api/attachments?token=') }],
        });
      }
      if (block.includes('moveTo')) {
        expect(output).toContain('"seen":true,"flagged":true');
        expect(output).toMatch(
          /"ok":true,.*"folder":\{"path":"Archive","role":"archive"\},"seen":false,"flagged":true/,
        );
      }
      if (block.includes('INVITATION=')) {
        const told = JSON.parse(output);
        expect(told).toMatchObject({ calendarUpdated: false, submission: { mailboxId: expect.any(String) } });
        submissionId = told.submission.id;
      }
      if (block.includes('ARCHIVED')) expect(output).toContain('"role":"trash"');
      if (block.includes('-X PUT')) {
        expect(JSON.parse(output.slice(output.lastIndexOf('{"draftId"')))).toMatchObject({
          ...{ version: 2, state: 'open', inDrafts: true },
          fields: { text: expect.stringContaining('thank you'), attachments: [] },
        });
      }
    }
    const read = (name: string) => readFileSync(join(folder, name), 'latin1');
    expect(read('prices.csv')).toBe('position;price');
    expect(read('message.eml')).toBe(source);
    expect(read('beginning.eml')).toBe(source.slice(0, 100));
  });

  it('has its answer to an invitation reach the organizer, who reads it as one', async () => {
    const grace = 'grace@contoso.example';
    const { mailboxId } = await world.connect(grace);
    await vi.waitUntil(async () => (await world.api('GET', `submissions/${submissionId}`)).body.state === 'sent', {
      ...{ timeout: 30_000, interval: 200 },
    });
    const [mail] = (await world.api('GET', `mailboxes/${mailboxId}/messages?subject=Greenhouse`)).body.items;
    const { body } = await world.api('GET', `mailboxes/${mailboxId}/messages/${mail.messageRef}`);
    expect(body).toMatchObject({
      ...{ subject: 'Accepted: Greenhouse', from: { address: ada }, text: expect.stringContaining('See you there.') },
      inReplyTo: '<invitation@contoso.example>',
      calendar: {
        ...{ method: 'REPLY', means: 'accepted', uid: '040000008200E00074C5B7101A82E00800000000', sequence: 3 },
        answer: { address: ada, status: 'ACCEPTED', comment: 'See you there.' },
        participants: [{ address: ada }],
      },
    });
  });

  it('takes a draft out of Drafts once its message was sent', async () => {
    const mailboxId = (await given.MAILBOX?.()) ?? '';
    const drafts = async () =>
      (await world.api('GET', `mailboxes/${mailboxId}/messages?folder=drafts&subject=Outgoing`)).body.items;
    const made = await world.api('POST', `mailboxes/${mailboxId}/drafts`, {
      body: { to: 'grace@contoso.example', subject: 'Outgoing draft', text: 'Dear Grace,' },
    });
    expect(await drafts()).toHaveLength(1);
    const path = `mailboxes/${mailboxId}/drafts/${made.body.draftId}`;
    const sending = await world.api('POST', `${path}/send`, { body: { base: 1 } });
    expect([sending.status, sending.body.ourMessageId]).toEqual([202, made.body.messageId]);
    await vi.waitUntil(async () => (await world.api('GET', path)).status === 404, { timeout: 30_000, interval: 200 });
    expect((await world.api('GET', `submissions/${sending.body.id}`)).body.state).toBe('sent');
    expect(await drafts()).toEqual([]);
    const refused = await world.api('PUT', path, { body: { base: 1 } });
    expect([refused.status, refused.body.code]).toEqual([404, 'not_found']);
  });

  it('answers a change of another version with the draft as it is', async () => {
    const mailboxId = (await given.MAILBOX?.()) ?? '';
    const made = await world.api('POST', `mailboxes/${mailboxId}/drafts`, { body: { subject: 'Twice', text: 'One' } });
    const path = `mailboxes/${mailboxId}/drafts/${made.body.draftId}`;
    expect((await world.api('PUT', path, { body: { base: 1, text: 'Two' } })).body.version).toBe(2);
    const refused = await world.api('PUT', path, { body: { base: 1, text: 'Three' } });
    expect(refused).toMatchObject({
      status: 409,
      body: { code: 'draft_changed', current: { version: 2, state: 'open', fields: { text: 'Two' } } },
    });
    expect((await world.api('DELETE', `${path}?base=2`)).status).toBe(204);
  });

  it('tells a mailbox that its server slows down as 503, until when, and whose turn it is to wait', async () => {
    const lina = 'lina@contoso.example';
    const { mailboxId } = await world.connect(lina);
    if (!('behave' in world.standIns.imap)) throw new Error('the embedded server was asked for');
    world.standIns.imap.behave('throttle', { address: lina, backoffMs: 120_000 });
    world.standIns.imap.kill(lina);
    const refused = await world.api('GET', `mailboxes/${mailboxId}/messages`);
    expect([refused.status, refused.body.code]).toEqual([503, 'imap_throttled']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(60);
    expect(Date.parse(refused.body.until)).toBeGreaterThan(Date.now());
    world.standIns.imap.behave('normal');
  });

  it('makes every call of the OpenAPI document as its example says, with the answer that it promises', async () => {
    const named = await namesFor(world);
    const entries = Object.entries(operations);
    // What ends the mailbox comes last.
    const last = ([name]: [string, unknown]) => Number(name === 'DELETE mailboxes/{id}');
    for (const [name, { example, answers }] of entries.toSorted((one, other) => last(one) - last(other))) {
      if (example === undefined) throw new Error(`${name} has no example`);
      const [method = '', route = ''] = name.split(' ');
      const filled = await named(name);
      const query = example.query === undefined ? '' : `?${filled(example.query)}`;
      const answer = await world.api(method, `${filled(route)}${query}`, {
        ...(example.body === undefined ? {} : { body: JSON.parse(filled(JSON.stringify(example.body))) }),
        ...(example.headers === undefined ? {} : { headers: example.headers }),
      });
      expect(Object.keys(answers).map(Number), `${name}: ${JSON.stringify(answer.body)}`).toContain(answer.status);
      expect(answer.headers.get('api-version')).toBe(apiVersion);
    }
  });
});

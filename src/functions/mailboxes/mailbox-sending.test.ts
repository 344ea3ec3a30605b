import { beforeEach, describe, expect, it, vi } from 'vitest';
import { composed } from '../../../test/support/composed.ts';
import { send as call } from '../../../test/support/http.ts';
import { type SendDoorWorld, sendDoorWorld } from '../../../test/support/send-door.ts';
import { sendRequest } from '../../lib/submissions/requests/send-request.ts';

vi.mock('../../lib/broker.ts', () => import('../../../test/support/composed.ts'));
vi.mock('@azure/functions', async (original) =>
  (await import('../../../test/support/without-host.ts')).withoutHost(original),
);

const { mailbox } = await import('./mailbox.ts');

let world: SendDoorWorld;
beforeEach(async () => {
  world = await sendDoorWorld();
  composed.broker = async () => world.parts;
});

const ask = (method: string, body?: object) =>
  call(mailbox, { method, params: { id: world.mailbox.id }, ...(body === undefined ? {} : { body }) });

const shown = (body: object) =>
  world.sending.dryRun({
    mailbox: world.mailbox,
    request: sendRequest.parse({ to: 'grace@x.example', ...body }),
    files: [],
  });

describe('how a mailbox sends', () => {
  it('is changed field by field, shown, and cleared by null', async () => {
    const none = {
      locale: null,
      timeZone: null,
      signatureHtml: null,
      aliases: [],
      suppressHardBounces: false,
      sentCopyIn: 'account',
    };
    expect((await ask('GET')).body).toMatchObject(none);
    const settings = {
      locale: 'zh-CN',
      timeZone: 'Asia/Shanghai',
      signatureHtml: '<p>Ada</p>',
      aliases: ['sales@contoso.example'],
    };
    expect((await ask('PATCH', settings)).body).toMatchObject({ ...none, ...settings });
    const after = await ask('PATCH', { label: 'Ada', suppressHardBounces: true, signatureHtml: null });
    expect(after.body).toMatchObject({ ...settings, label: 'Ada', suppressHardBounces: true, signatureHtml: null });
    expect(
      (await ask('PATCH', { locale: null, timeZone: null, aliases: [], suppressHardBounces: false })).body,
    ).toMatchObject(none);
    expect(world.audited).toEqual(['mailbox.change', 'mailbox.change', 'mailbox.change']);
  });

  it('holds for the next message: its signature, and the addresses that it may come from', async () => {
    await expect(shown({ from: 'sales@contoso.example' })).rejects.toMatchObject({ code: 'sender_not_own' });
    await ask('PATCH', { signatureHtml: '<p>Contoso <b>Sales</b></p>', aliases: ['sales@contoso.example'] });
    const { from, mime } = await shown({ from: 'Sales team <Sales@contoso.example>', text: 'Hello' });
    expect(from).toBe('sales@contoso.example');
    expect(mime).toContain('From: Sales team <sales@contoso.example>');
    expect(mime).toContain('<p>Contoso <b>Sales</b></p>');
    expect((await shown({ text: 'Hello', signature: '' })).mime).not.toContain('Contoso');
  });

  it.each<[object, string]>([
    [{ locale: 'klingon in the rain' }, 'locale'],
    [{ locale: 'x'.repeat(40) }, 'locale'],
    [{ timeZone: 'Mars/Olympus' }, 'timeZone'],
    [{ timeZone: 7 }, 'timeZone'],
    [{ signatureHtml: 'x'.repeat(30_001) }, 'signatureHtml'],
    [{ signatureHtml: '\ud800' }, 'signatureHtml'],
    [{ aliases: ['nobody'] }, 'aliases.0'],
    [{ aliases: ['a@x.example\r\nBcc: eve@evil.example'] }, 'aliases.0'],
    [{ aliases: Array(51).fill('a@x.example') }, 'aliases'],
    [{ suppressHardBounces: 'yes' }, 'suppressHardBounces'],
    [{ sentCopyIn: 'both' }, 'sentCopyIn'],
  ])('refuses %j', async (body, field) => {
    const answer = await ask('PATCH', body);
    expect([answer.status, answer.body.fields[0].field]).toEqual([400, field]);
    expect(world.audited).toEqual([]);
  });

  it('is forgotten with the mailbox', async () => {
    await ask('PATCH', { locale: 'de' });
    expect((await ask('DELETE')).status).toBe(204);
    await world.sending.endOf(world.mailbox.id);
    expect((await world.sending.settings.read(world.mailbox.id)).locale).toBeUndefined();
  });
});

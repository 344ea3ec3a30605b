import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { manualClock } from '../../../../test/support/http.ts';
import { memoryStore } from '../../../../test/support/memory-store.ts';
import { outboxExamples } from '../../../../test/support/outbox-data.ts';
import { buildMailboxEvent } from '../../delivery/events/mailbox-event.ts';
import { base64url } from '../../domain/bytes.ts';
import type { OutboxType } from '../../domain/events/event-types.ts';
import { eventId } from '../../domain/ids.ts';
import { systemRandom } from '../../domain/system.ts';
import { createTickets } from '../../store/links/tickets.ts';
import type { MailboxRow } from '../../store/rows/rows.ts';
import { createTicketTokens } from '../tickets.ts';
import { createEventLinks } from './event-links.ts';

const at = new Date('2026-11-22T12:00:00.250Z');
const day = 86_400_000;

function world() {
  const clock = manualClock(at.getTime());
  const roots = [{ kid: randomBytes(16).toString('hex'), key: new Uint8Array(randomBytes(32)) }];
  const rootKeys = {
    async current() {
      const [newest] = roots;
      if (newest === undefined) throw new Error('no root key');
      return newest;
    },
    byPrefix: async (_use: string, prefix: Uint8Array) =>
      roots.find(({ kid }) => kid.startsWith(Buffer.from(prefix).toString('hex'))),
  };
  const store = memoryStore(clock);
  const tickets = createTickets(store.table('tickets'));
  const tokens = createTicketTokens({ rootKeys, clock, random: systemRandom });
  const admin: { tid: string; id: string }[] = [];
  const withLinks = createEventLinks({
    config: { publicUrl: 'https://broker.example' },
    tokens,
    tickets,
    adminConsentLink: async ({ tid, id, expiresAt }) => {
      admin.push({ tid, id: base64url(id) });
      return {
        url: `https://broker.example/api/tenant-consent?token=${base64url(id)}`,
        expiresAt: expiresAt.toISOString(),
      };
    },
  });
  const rotate = () =>
    void roots.unshift({ kid: randomBytes(16).toString('hex'), key: new Uint8Array(randomBytes(32)) });
  const rows = async () => {
    const found: string[] = [];
    for await (const row of store.table('tickets').scan()) found.push(row.rowKey);
    return found;
  };
  const links = async (...args: Parameters<typeof withLinks>) => {
    const [before] = args;
    const after = await withLinks(...args);
    const known = Object.keys(before.data);
    return Object.fromEntries(Object.entries(after.data).filter(([name]) => !known.includes(name)));
  };
  return { links, tokens, tickets, rotate, rows, admin };
}

const mailbox: MailboxRow = {
  id: 'mbx_0001_abcdefghijklmnop',
  address: 'ada@contoso.example',
  login: 'ada@contoso.example',
  grant: { kind: 'user', tid: '11111111-2222-4333-8444-555555555555', oid: 'aaaaaaaa-0000-4000-8000-000000000001' },
  shared: false,
  slot: 0,
  folders: [],
  destinationId: 'dst_abcdefghijkl',
  label: undefined,
  ownerRef: undefined,
  syncFrom: undefined,
  paused: false,
  deletedAt: undefined,
  createdAt: at,
  asked: 1,
};
const event = (type: OutboxType, code: string, since = at) =>
  buildMailboxEvent(
    {
      mailboxId: mailbox.id,
      id: eventId(mailbox.id, type, since.getTime()),
      type,
      at: since,
      data: JSON.stringify({ ...outboxExamples[type], code }),
    },
    mailbox,
  );
const dead = event('mailbox.reconnect_required', 'grant_revoked');
const tokenIn = (data: Readonly<Record<string, unknown>>): string => {
  const url: unknown = Reflect.get(Object(data.reconnect), 'url');
  return new URL(String(url)).searchParams.get('token') ?? '';
};

describe('the event of a dead grant', () => {
  it('carries a link to reconnect this very mailbox, good for 14 days', async () => {
    const { links, tokens, tickets } = world();
    const data = await links(dead, mailbox);
    expect(data.reconnect).toMatchObject({
      url: expect.stringMatching(/^https:\/\/broker\.example\/api\/connect\?token=[\w-]{54}$/),
      expiresAt: new Date(Math.floor((at.getTime() + 14 * day) / 1000) * 1000).toISOString(),
    });
    const { key } = await tokens.open(tokenIn(data));
    expect((await tickets.get(key))?.row).toMatchObject({
      kind: 'reconnect',
      mailboxId: mailbox.id,
      expectedAddress: mailbox.address,
      anyAddress: false,
      status: 'open',
      keyId: 'event',
    });
  });

  it('has one ticket, however often it is sent, and the same link', async () => {
    const { links, rows } = world();
    const first = await links(dead, mailbox);
    expect(await links(dead, mailbox)).toEqual(first);
    expect(await Promise.all([links(dead, mailbox), links(dead, mailbox)])).toEqual([first, first]);
    expect(await rows()).toHaveLength(1);
    const later = event('mailbox.reconnect_required', 'grant_revoked', new Date(at.getTime() + day));
    expect(tokenIn(await links(later, mailbox))).not.toBe(tokenIn(first));
    expect(await rows()).toHaveLength(2);
  });

  it('has the same ticket after the root key was rotated, and both links open it', async () => {
    const { links, tokens, rotate, rows } = world();
    const before = tokenIn(await links(dead, mailbox));
    rotate();
    const after = tokenIn(await links(dead, mailbox));
    expect(after).not.toBe(before);
    expect(await tokens.open(after)).toEqual(await tokens.open(before));
    expect(await rows()).toHaveLength(1);
  });

  it('does not open with the id alone, which follows from the event', async () => {
    const { links, tokens } = world();
    const token = tokenIn(await links(dead, mailbox));
    const forged = `${token.slice(0, -4)}${token.endsWith('AAAA') ? 'BBBB' : 'AAAA'}`;
    await expect(tokens.open(forged)).rejects.toMatchObject({ code: 'link_invalid' });
  });

  it('has no link for an app mailbox, because it has no sign-in', async () => {
    const { links, rows } = world();
    const app: MailboxRow = { ...mailbox, grant: { kind: 'app', tid: mailbox.grant.tid } };
    expect(await links(dead, app)).toEqual({});
    expect(await rows()).toEqual([]);
  });
});

describe('the event of a missing consent', () => {
  it.each(['admin_consent_required', 'app_not_in_tenant', 'app_permissions_broken'])(
    'carries, for %s, the same link for the tenant’s administrator on every attempt',
    async (code) => {
      const { links, admin } = world();
      const missing = event('mailbox.consent_required', code);
      const data = await links(missing, mailbox);
      expect(data).toMatchObject({ adminConsent: { url: expect.stringContaining('tenant-consent?token=') } });
      expect(await links(missing, mailbox)).toEqual(data);
      expect(admin[0]?.tid).toBe(mailbox.grant.tid);
    },
  );

  it.each(['account_disabled', 'user_not_assigned', 'conditional_access_blocked', 'nothing we know'])(
    'carries no link for %s, because consent would not fix it',
    async (code) => {
      const { links, admin } = world();
      expect(await links(event('mailbox.consent_required', code), mailbox)).toEqual({});
      expect(admin).toEqual([]);
    },
  );
});

it('other events carry no link', async () => {
  const { links, rows } = world();
  for (const type of ['mailbox.recovered', 'mailbox.degraded', 'message.vanished'] as const) {
    expect(await links(event(type, 'grant_revoked'), mailbox)).toEqual({});
  }
  expect(await rows()).toEqual([]);
});

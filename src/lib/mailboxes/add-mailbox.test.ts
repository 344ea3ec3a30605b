import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  anyCaller,
  type ConnectWorld,
  type ConnectWorldOptions,
  connectWorld,
  onePage,
} from '../../../test/support/connect-world.ts';
import { onMemoryTables } from '../../../test/support/suite-tables.ts';
import { rowsOfTable } from '../../../test/support/tables.ts';
import { halves } from '../../../test/support/wholeness.ts';
import { appGrantKey } from '../domain/grant.ts';
import type { Tokens } from '../entra/types.ts';
import { BrokerError, type ErrorCode } from '../errors.ts';
import type { Probe } from '../mailbox/imap/probe.ts';
import type { Store } from '../store/table/table.ts';
import type { NewMailbox } from './add-mailbox.ts';

let store: Store;
onMemoryTables((memory) => {
  store = memory;
});

const tid = randomUUID();
const support = 'support@contoso.example';
const oneTenant = { tenant: tid, allowedTenants: [tid] };
const world = (options: ConnectWorldOptions = {}): ConnectWorld =>
  connectWorld(store, { entra: oneTenant, ...options });

/** A mailbox of a person in the tenant. */
async function connected(w: ConnectWorld, address = 'ada@contoso.example') {
  const person = { tid, oid: randomUUID(), address };
  await w.grants.connected({ ...person, cache: '{}' });
  const { mailbox } = await w.registry.upsert(w.inputOf(person));
  return { person, mailbox };
}

const codes = (
  ...said: readonly (ErrorCode | undefined)[]
): { probe: Probe; asked: { login: string; accessToken: string }[] } => {
  const asked: { login: string; accessToken: string }[] = [];
  return {
    asked,
    probe: async ({ login, accessToken }) => {
      const code = said[asked.length];
      asked.push({ login, accessToken });
      if (code !== undefined) throw new BrokerError(code);
      return onePage({ login, accessToken });
    },
  };
};
const auditOf = async () =>
  (await rowsOfTable(store, 'audit')).map(({ values }) => [values.action, values.mailboxId, values.result]);

describe('a shared mailbox', () => {
  it('is read through the sign-in of a person, under its own name, and says what it depends on', async () => {
    const { probe, asked } = codes();
    const w = world({ probe });
    const { person, mailbox: own } = await connected(w);
    const { outcome, view, warnings } = await w.addMailbox(
      { address: support, viaMailboxId: own.id, label: 'Support', ownerRef: 'team' },
      anyCaller,
    );
    expect(outcome).toBe('connected');
    expect(view.row).toMatchObject({
      address: support,
      login: support,
      shared: true,
      grant: { kind: 'user', tid, oid: person.oid },
      label: 'Support',
      ownerRef: 'team',
    });
    expect(view.shown).toBe('active');
    expect(asked).toEqual([{ login: support, accessToken: `token of ${person.oid}` }]);
    expect(warnings).toMatchObject([{ code: 'depends_on_person' }]);
    expect(warnings[0]?.detail).toContain('ada@contoso.example');
    expect(w.placed).toEqual([view.row.id]);
    expect(await w.grants.mailboxesOf(person)).toEqual([own.id, view.row.id]);
    expect(await auditOf()).toEqual([['mailbox.add', view.row.id, 'ok']]);
    expect(await halves(store)).toEqual([]);
  });

  it('is opened under another log-in name, where its address is not the name that the server knows', async () => {
    const { probe, asked } = codes();
    const w = world({ probe });
    const { mailbox: own } = await connected(w);
    const login = 'support.box@contoso.onmicrosoft.example';
    const { view } = await w.addMailbox({ address: support, viaMailboxId: own.id, login }, anyCaller);
    expect(asked.map((account) => account.login)).toEqual([login]);
    expect(view.row).toMatchObject({ address: support, login });
  });

  it('continues from its position through the person named now if it exists already', async () => {
    const w = world();
    const { mailbox: ada } = await connected(w);
    const { mailbox: grace, person } = await connected(w, 'grace@contoso.example');
    const first = await w.addMailbox({ address: support, viaMailboxId: ada.id }, anyCaller);
    const again = await w.addMailbox({ address: 'Support@Contoso.example', viaMailboxId: ada.id }, anyCaller);
    expect([again.outcome, again.view.row.id]).toEqual(['reconnected', first.view.row.id]);
    const moved = await w.addMailbox({ address: support, viaMailboxId: grace.id }, anyCaller);
    expect([moved.outcome, moved.view.row.id]).toEqual(['moved', first.view.row.id]);
    expect(moved.view.row).toMatchObject({ grant: { oid: person.oid }, folders: first.view.row.folders });
    const free = await w.addMailbox({ address: support }, anyCaller);
    expect([free.outcome, free.view.row.id, free.warnings]).toEqual(['moved', first.view.row.id, []]);
    expect(await halves(store)).toEqual([]);
  });

  it('goes to another destination where that is named', async () => {
    const destinations = [
      { id: 'dst_aaaaaaaaaaaa', url: 'https://a.example' },
      { id: 'dst_bbbbbbbbbbbb', url: 'https://b.example' },
    ];
    const w = world({ destinations });
    await expect(w.addMailbox({ address: support }, anyCaller)).rejects.toMatchObject({
      code: 'destination_ambiguous',
    });
    const first = await w.addMailbox({ address: support, destinationId: 'dst_aaaaaaaaaaaa' }, anyCaller);
    expect((await w.addMailbox({ address: support }, anyCaller)).view.row.destinationId).toBe('dst_aaaaaaaaaaaa');
    const moved = await w.addMailbox({ address: support, destinationId: 'dst_bbbbbbbbbbbb' }, anyCaller);
    expect(moved.view.row).toMatchObject({ id: first.view.row.id, destinationId: 'dst_bbbbbbbbbbbb' });
    // A key for one destination takes no mailbox away from another.
    const limited = { ...anyCaller, destinations: ['dst_aaaaaaaaaaaa'] };
    await expect(w.addMailbox({ address: support }, limited)).rejects.toMatchObject({ code: 'key_limited' });
    expect((await w.registry.get(first.view.row.id))?.row.destinationId).toBe('dst_bbbbbbbbbbbb');
  });
});

describe('a mailbox that the app opens', () => {
  it('needs no person, is the default, and lists with the app’s own permission', async () => {
    const { probe, asked } = codes();
    const w = world({ probe });
    for (const auth of [undefined, 'app'] as const) {
      const { view, warnings } = await w.addMailbox({ address: support, auth }, anyCaller);
      expect(view.row).toMatchObject({ grant: { kind: 'app', tid }, shared: false });
      expect(warnings).toEqual([]);
      expect(await w.grants.mailboxesOf(appGrantKey(tid))).toEqual([view.row.id]);
    }
    expect(asked).toEqual(Array(2).fill({ login: support, accessToken: 'token of the app' }));
    expect(await halves(store)).toEqual([]);
  });

  it('is of the tenant that is named, where the broker serves several', async () => {
    const several = world({ entra: { tenant: 'organizations', allowedTenants: [tid] } });
    await expect(several.addMailbox({ address: support }, anyCaller)).rejects.toMatchObject({
      code: 'invalid_request',
    });
    const other = randomUUID();
    await expect(several.addMailbox({ address: support, tenantId: other }, anyCaller)).rejects.toMatchObject({
      fields: [{ field: 'tenantId', message: 'Is not a tenant that this broker serves.' }],
    });
    expect((await several.addMailbox({ address: support, tenantId: tid }, anyCaller)).view.row.grant).toEqual({
      kind: 'app',
      tid,
    });
    const personal = world({ entra: { tenant: 'consumers', allowedTenants: '*' } });
    await expect(personal.addMailbox({ address: support }, anyCaller)).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });

  it('is asked for anew, although the permission was refused a moment ago', async () => {
    let isConsented = false;
    const token: Tokens['of'] = async (grant) => {
      const known = await w.grants.read(appGrantKey(grant.tid));
      if (known !== undefined && (known.retryAt?.getTime() ?? 0) > Date.now()) throw new Error('asked too early');
      if (isConsented || known === undefined) {
        return { accessToken: 'x', expiresAt: new Date(), scopes: [], username: '' };
      }
      const retryAt = new Date(Date.now() + 86_400_000);
      await w.grants.note(known, { status: 'consent_required', code: 'admin_consent_required', retryAt });
      throw new BrokerError('admin_consent_required');
    };
    const w = world({ token });
    for (let i = 0; i < 2; i += 1) {
      await expect(w.addMailbox({ address: support }, anyCaller)).rejects.toMatchObject({
        code: 'admin_consent_required',
      });
    }
    isConsented = true;
    expect((await w.addMailbox({ address: support }, anyCaller)).outcome).toBe('connected');
  });
});

describe('a log-in that does not work', () => {
  it.each([
    ['refused twice', 'shared_access_missing', ['imap_refused', 'imap_refused'], 2],
    ['not connected twice', 'shared_access_missing', ['imap_not_connected', 'imap_not_connected'], 2],
    ['refused, then not reached', 'imap_unreachable', ['imap_refused', 'imap_unreachable'], 2],
    ['not reached', 'imap_unreachable', ['imap_unreachable'], 1],
    ['told to slow down', 'imap_throttled', ['imap_throttled'], 1],
    ['in a mailbox without an inbox', 'folder_missing', ['folder_missing'], 1],
  ] as const)('%s: nothing is added (%s)', async (_what, code, said, tries) => {
    const { probe, asked } = codes(...said);
    const w = world({ probe });
    const { person, mailbox: own } = await connected(w);
    await expect(w.addMailbox({ address: support, viaMailboxId: own.id }, anyCaller)).rejects.toMatchObject({ code });
    expect(asked).toHaveLength(tries);
    expect((await w.registry.list({ limit: 9 })).items).toHaveLength(1);
    expect(await w.grants.mailboxesOf(person)).toEqual([own.id]);
    expect(await auditOf()).toEqual([['mailbox.add', undefined, code]]);
    expect(await halves(store)).toEqual([]);
  });

  it('reports what the app lacks', async () => {
    const w = world({ probe: codes('imap_refused', 'imap_refused').probe });
    await expect(w.addMailbox({ address: support }, anyCaller)).rejects.toMatchObject({
      code: 'app_access_missing',
      status: 422,
    });
  });

  it('is tried once more with a new token if the first was revoked early', async () => {
    const forced: (boolean | undefined)[] = [];
    const token: Tokens['of'] = async (_grant, _resource, options) => {
      forced.push(options?.force);
      return { accessToken: 'x', expiresAt: new Date(), scopes: [], username: '' };
    };
    for (const code of ['imap_refused', 'imap_token_expired', 'imap_not_connected'] as const) {
      const w = world({ token, probe: codes(code).probe });
      await w.addMailbox({ address: support }, anyCaller);
    }
    expect(forced).toEqual([false, true, false, true, false, true]);
  });
});

describe('a request', () => {
  const cases: readonly [string, (own: string) => NewMailbox, string, string?][] = [
    [
      'through a mailbox that is not there',
      () => ({ address: support, viaMailboxId: 'mbx_0001_aaaaaaaaaaaaaaaa' }),
      'not_found',
    ],
    [
      'through nobody, and not by the app',
      () => ({ address: support, auth: 'delegated' }),
      'invalid_request',
      'viaMailboxId',
    ],
    [
      'through somebody and by the app',
      (own) => ({ address: support, auth: 'app', viaMailboxId: own }),
      'invalid_request',
      'auth',
    ],
    [
      'through somebody of another tenant',
      (own) => ({ address: support, tenantId: tid, viaMailboxId: own }),
      'invalid_request',
      'tenantId',
    ],
    [
      'to a destination that is not there',
      () => ({ address: support, destinationId: 'dst_nosuch000000' }),
      'not_found',
    ],
    ['for the own mailbox of a person, by the app', () => ({ address: 'ada@contoso.example' }), 'mailbox_taken'],
  ];
  it.each(cases)('%s is refused', async (_what, wanted, code, field) => {
    const w = world();
    const { mailbox } = await connected(w);
    const refused = w.addMailbox(wanted(mailbox.id), anyCaller);
    await expect(refused).rejects.toMatchObject({ code, ...(field === undefined ? {} : { fields: [{ field }] }) });
    expect((await w.registry.list({ limit: 9 })).items).toHaveLength(1);
  });

  it('is refused or not found for a limited key', async () => {
    const { probe, asked } = codes();
    const w = world({ probe });
    const { mailbox } = await connected(w);
    const wanted = { address: support, viaMailboxId: mailbox.id };
    const toMailboxes = { ...anyCaller, mailboxes: [mailbox.id] };
    await expect(w.addMailbox(wanted, toMailboxes)).rejects.toMatchObject({ code: 'key_limited' });
    const elsewhere = { ...anyCaller, destinations: ['dst_other0000000'] };
    await expect(w.addMailbox(wanted, elsewhere)).rejects.toMatchObject({ code: 'not_found' });
    expect(asked).toEqual([]);
  });

  it('a request through a mailbox of the app is refused with the right alternative', async () => {
    const w = world();
    const { view } = await w.addMailbox({ address: support }, anyCaller);
    await expect(
      w.addMailbox({ address: 'sales@contoso.example', viaMailboxId: view.row.id }, anyCaller),
    ).rejects.toMatchObject({ code: 'invalid_request', fields: [{ field: 'viaMailboxId' }] });
  });
});

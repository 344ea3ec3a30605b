import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { entraError } from '../../../test/support/entra-fetch.ts';
import { onMemoryTables } from '../../../test/support/suite-tables.ts';
import { tokenWorld } from '../../../test/support/token-world.ts';
import { appGrantKey } from '../domain/grant.ts';
import type { ErrorCode } from '../error-codes.ts';
import type { GrantRef } from '../store/rows/rows.ts';
import type { Store } from '../store/table/table.ts';

let store: Store;
onMemoryTables((memory) => {
  store = memory;
});

const minute = 60_000;
const hour = 60 * minute;

/** The app has been let into a tenant. */
async function world() {
  const { instance, ...rest } = tokenWorld(store);
  const app = { kind: 'app', tid: randomUUID() } as const satisfies GrantRef;
  await rest.grants.openApp(app.tid);
  const key = appGrantKey(app.tid);
  const row = () => rest.grants.read(key);
  return { ...rest, instance, app, key, row, ask: (force = false) => rest.tokens.of(app, 'outlook', { force }) };
}

describe('a token of the app itself', () => {
  it('is asked for at the tenant, for everything that the app was given on the mail resource', async () => {
    const { ask, entra, app, lines } = await world();
    const token = await ask();
    expect(token.accessToken).toMatch(/^app-access-/);
    expect(token.username).toBe('');
    expect(entra.posts).toHaveLength(1);
    const [post] = entra.posts;
    expect(post?.url).toMatch(`https://login.microsoftonline.com/${app.tid}/oauth2/v2.0/token`);
    expect(post?.form.get('grant_type')).toBe('client_credentials');
    expect(post?.form.get('scope')?.split(' ')).toContain('https://outlook.office365.com/.default');
    const line = JSON.stringify({ level: 'info', event: 'token.renewed', kind: 'app', resource: 'outlook' });
    expect(lines).toEqual([line]);
  });

  it('the token for Graph differs from the one for mail', async () => {
    const { tokens, app, entra, ask } = await world();
    const graph = await tokens.of(app, 'graph');
    expect(graph.accessToken).not.toBe((await ask()).accessToken);
    expect(entra.posts[0]?.form.get('scope')?.split(' ')).toContain('https://graph.microsoft.com/.default');
  });

  it('is one for all of 60 that ask at once, and stays in memory while it lasts', async () => {
    const { ask, entra, pass } = await world();
    const tokens = await Promise.all(Array.from({ length: 60 }, () => ask()));
    expect(new Set(tokens.map((token) => token.accessToken)).size).toBe(1);
    pass(49 * minute);
    expect(await ask()).toBe(tokens[0]);
    expect(entra.posts).toHaveLength(1);
    pass(2 * minute);
    expect(await ask()).not.toBe(tokens[0]);
    expect(entra.posts).toHaveLength(2);
  });

  it('the token of one tenant is not used for another', async () => {
    const { ask, tokens, grants, entra } = await world();
    const other = randomUUID();
    await grants.openApp(other);
    expect((await tokens.of({ kind: 'app', tid: other.toUpperCase() }, 'outlook')).accessToken).not.toBe(
      (await ask()).accessToken,
    );
    expect(entra.posts).toHaveLength(2);
  });

  it('is asked for anew by force, though not because each of many mailboxes refuses the same one', async () => {
    const { ask, entra, pass } = await world();
    const first = await ask();
    for (let mailbox = 0; mailbox < 20; mailbox++) expect(await ask(true)).toBe(first);
    expect(entra.posts).toHaveLength(1);
    pass(minute + 1);
    expect(await ask(true)).not.toBe(first);
    expect(entra.posts).toHaveLength(2);
  });

  it('is refused where the app has no mailbox, and never stored', async () => {
    const { ask, tokens, key } = await world();
    await expect(tokens.of({ kind: 'app', tid: randomUUID() }, 'outlook')).rejects.toMatchObject({
      code: 'grant_missing',
    });
    await ask();
    const values = (await store.table('grants').get(key.tid, key.oid))?.values ?? {};
    expect(Object.values(values).filter((value) => value instanceof Uint8Array)).toEqual([]);
    expect(JSON.stringify(values)).not.toContain('access');
  });
});

describe('a refusal of the app itself', () => {
  const cases: readonly [number | undefined, ErrorCode, 'ok' | 'consent_required'][] = [
    [65001, 'admin_consent_required', 'consent_required'],
    [501051, 'admin_consent_required', 'consent_required'],
    [700016, 'app_not_in_tenant', 'consent_required'],
    [7000229, 'app_not_in_tenant', 'consent_required'],
    [7000112, 'app_disabled', 'consent_required'],
    [500011, 'app_permissions_broken', 'consent_required'],
    [53003, 'conditional_access_blocked', 'consent_required'],
    [1002012, 'scope_refused', 'ok'],
    [90033, 'entra_unavailable', 'ok'],
    [90055, 'entra_throttled', 'ok'],
    // There is no person to ask to sign in here.
    [50173, 'entra_refused', 'ok'],
    [undefined, 'entra_refused', 'ok'],
  ];
  it.each(cases)('a refusal with AADSTS%s is %s', async (number, code, status) => {
    const { ask, entra, row } = await world();
    entra.instead = () => entraError('invalid_grant', number === undefined ? {} : { number });
    await expect(ask()).rejects.toMatchObject({ code });
    expect(await row()).toMatchObject({ status, code: status === 'ok' ? '' : code });
  });

  it('is tried once a day until an administrator fixes it, and ends automatically', async () => {
    const { ask, entra, pass, row } = await world();
    entra.instead = () => entraError('unauthorized_client', { number: 700016 });
    await expect(ask()).rejects.toMatchObject({ code: 'app_not_in_tenant' });
    pass(23 * hour);
    await expect(ask()).rejects.toMatchObject({ code: 'app_not_in_tenant' });
    expect(entra.posts).toHaveLength(1);
    pass(2 * hour);
    entra.instead = undefined;
    await ask();
    expect(await row()).toMatchObject({ status: 'ok', code: '', retryAt: undefined });
  });

  it('a refusal because of the secret stops renewals for people, too, and both resume when it is fixed', async () => {
    const { ask, tokens, connect, entra, kept, lines, pass } = await world();
    const person = await connect();
    entra.secrets.clear();
    await expect(ask()).rejects.toMatchObject({ code: 'client_secret_invalid' });
    expect(entra.posts).toHaveLength(2);
    await expect(tokens.get(person, 'outlook', { force: true })).rejects.toMatchObject({
      code: 'client_secret_invalid',
    });
    await expect(ask()).rejects.toMatchObject({ code: 'client_secret_invalid' });
    expect(entra.posts).toHaveLength(2);
    expect(lines.filter((line) => line.includes('circuit.opened'))).toHaveLength(1);
    entra.secrets.add('mended');
    Object.assign(kept, { value: 'mended', version: 'c'.repeat(32) });
    pass(minute + 1);
    await ask();
    await tokens.get(person, 'outlook', { force: true });
  });

  it('a refusal for other reasons does not affect the mailboxes of people', async () => {
    const { ask, tokens, connect, entra, lines } = await world();
    const person = await connect();
    entra.instead = ({ form }) =>
      form.get('grant_type') === 'client_credentials' ? entraError('invalid_scope', { number: 70011 }) : undefined;
    await expect(ask()).rejects.toMatchObject({ code: 'scope_refused' });
    await tokens.get(person, 'outlook', { force: true });
    expect(lines.filter((line) => line.includes('circuit.'))).toEqual([]);
  });

  it('lasts as long as a 429 says', async () => {
    const { ask, entra, pass } = await world();
    entra.instead = () => entraError('temporarily_unavailable', { status: 429, headers: { 'retry-after': '120' } });
    await expect(ask()).rejects.toMatchObject({ code: 'entra_throttled', retry: { afterMs: 120_000 } });
    entra.instead = undefined;
    pass(100_000);
    await expect(ask()).rejects.toMatchObject({ code: 'entra_throttled' });
    expect(entra.posts).toHaveLength(1);
    pass(21_000);
    await ask();
  });
});

import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { entraError, fakeEntra } from '../../../test/support/entra-fetch.ts';
import { memoryLog } from '../../../test/support/http.ts';
import { systemClock, systemRandom } from '../domain/system.ts';
import { createEntraClient } from './client.ts';
import { createFindAddresses, readAddresses } from './person-addresses.ts';
import { createSignIn } from './sign-in.ts';

const config = {
  clientId: 'cccccccc-0000-4000-8000-000000000001',
  tenant: 'organizations',
  allowedTenants: '*',
  authorityHost: 'https://login.microsoftonline.com',
  credential: 'secret',
  clientSecretName: 'client-secret',
  outlookResource: 'https://outlook.office.com',
  outlookAppResource: 'https://outlook.office365.com',
  graphResource: 'https://graph.microsoft.com',
  graphPermissions: [],
} as const;
const redirectUri = 'https://broker.example/api/oauth/callback';
const ada = {
  mail: 'ada.lovelace@contoso.example',
  userPrincipalName: 'ada@contoso.example',
  proxyAddresses: ['SMTP:ada.lovelace@contoso.example', 'smtp:sales@contoso.example', 'x500:/o=Contoso', 'SIP:ada'],
  otherMails: ['ada@home.example'],
};

/** Someone who has just signed in, and a Graph that answers as it is told. */
async function world(
  graph: (request: { url: string; token: string }) => Response | Promise<Response>,
  at: { readonly graphUrl?: string } = {},
) {
  const entra = fakeEntra(config.clientId);
  const log = memoryLog();
  const credential = { auth: { clientSecret: 'the-secret' }, version: 'v' };
  const client = createEntraClient(config, {
    fetch: entra.fetch,
    clock: systemClock,
    log,
    credential: { current: async () => credential, fresh: async () => credential },
    notices: { claim: async () => true, touch: async () => {}, clear: async () => {} },
  });
  const signIn = createSignIn(config, { client, random: systemRandom, log });
  const person = { tid: randomUUID(), oid: randomUUID(), username: 'ada@contoso.example' };
  const { verifier, nonce } = await signIn.start({ state: 's', redirectUri });
  const code = entra.code(person, nonce);
  const signedIn = await signIn.finish({ code, state: 's', redirectUri, verifier, nonce });
  entra.posts.length = 0;
  const asked: { url: string; token: string }[] = [];
  const settings = { ...config, ...at };
  const find = createFindAddresses(settings, {
    client,
    log,
    fetch: async (input, init) => {
      const request = { url: String(input), token: new Headers(init?.headers).get('authorization') ?? '' };
      expect(init).toMatchObject({ redirect: 'error', signal: expect.any(AbortSignal) });
      asked.push(request);
      return graph(request);
    },
  });
  return { entra, log, signedIn, asked, find };
}

describe('the addresses of somebody who has just signed in', () => {
  it('are asked for with a token for Graph from that very sign-in, whose cache is handed on', async () => {
    const { entra, signedIn, asked, find } = await world(() => Response.json(ada));
    const { person, addresses } = await find(signedIn);
    expect(addresses).toEqual({
      primary: 'ada.lovelace@contoso.example',
      own: ['ada.lovelace@contoso.example', 'ada@contoso.example', 'sales@contoso.example'],
      others: ['ada@home.example'],
    });
    expect(entra.posts.map(({ form }) => form.get('grant_type'))).toEqual(['refresh_token']);
    expect(entra.posts[0]?.form.get('scope')).toContain('https://graph.microsoft.com/User.Read');
    expect(asked).toHaveLength(1);
    expect(asked[0]?.url).toMatch(/^https:\/\/graph\.microsoft\.com\/v1\.0\/me\?\$select=mail,/);
    const token = asked[0]?.token.replace('Bearer ', '') ?? 'none';
    expect(token).not.toBe(signedIn.accessToken);
    // The newer refresh token is in it; the one for mail stays as good.
    expect(person.cache).toContain(token);
    expect(person).toMatchObject({ oid: signedIn.oid, accessToken: signedIn.accessToken });
  });

  it('are asked for where GRAPH_URL says, with the same token', async () => {
    const { entra, signedIn, asked, find } = await world(() => Response.json(ada), { graphUrl: 'https://graph.local' });
    expect((await find(signedIn)).addresses?.primary).toBe('ada.lovelace@contoso.example');
    expect(asked[0]?.url).toMatch(/^https:\/\/graph\.local\/v1\.0\/me\?/);
    expect(entra.posts[0]?.form.get('scope')).toContain('https://graph.microsoft.com/User.Read');
  });

  it.each([
    [
      'the permission was not given',
      (w: Awaited<ReturnType<typeof world>>) =>
        (w.entra.grantedScopes = 'https://outlook.office.com/IMAP.AccessAsUser.All'),
    ],
    [
      'the person has to consent first',
      (w: Awaited<ReturnType<typeof world>>) =>
        (w.entra.instead = () => entraError('invalid_grant', { number: 65001, suberror: 'consent_required' })),
    ],
    [
      'an administrator has to',
      (w: Awaited<ReturnType<typeof world>>) =>
        (w.entra.instead = () => entraError('invalid_grant', { number: 90094 })),
    ],
  ])('are not told where %s, and Graph is not asked', async (_what, change) => {
    const w = await world(() => Response.json(ada));
    change(w);
    expect((await w.find(w.signedIn)).addresses).toBeUndefined();
    expect(w.asked).toEqual([]);
  });

  it.each([400, 401, 403, 404])('are not told by a Graph that answers %i', async (status) => {
    const { signedIn, find, log } = await world(() =>
      Response.json({ error: { message: 'secret-person' } }, { status }),
    );
    expect((await find(signedIn)).addresses).toBeUndefined();
    expect(JSON.stringify(log.lines)).not.toMatch(/secret-person|@|Bearer/);
  });

  it.each([
    ['says no more than', () => new Response('<html>', { status: 200 })],
    ['has addresses that are none', () => Response.json({ mail: 7, proxyAddresses: 'x' })],
    ['sends a list', () => Response.json([ada])],
  ])('are not told by an answer that %s', async (_what, answer) => {
    const { signedIn, find } = await world(answer);
    expect((await find(signedIn)).addresses?.own ?? []).toEqual([]);
  });

  it.each([
    ['answers 503', () => new Response('', { status: 503 })],
    ['is throttling', () => new Response('', { status: 429 })],
    ['cannot be reached', () => Promise.reject(new TypeError('fetch failed'))],
  ])('cannot be had while Graph %s', async (_what, answer) => {
    const { signedIn, find } = await world(answer);
    await expect(find(signedIn)).rejects.toMatchObject({ code: 'graph_unavailable', status: 503 });
  });

  it('cannot be had while Entra is down', async () => {
    const { entra, signedIn, find } = await world(() => Response.json(ada));
    entra.instead = () => new Response('', { status: 503 });
    await expect(find(signedIn)).rejects.toMatchObject({ code: 'entra_unavailable' });
  });
});

describe('what Graph says', () => {
  it.each([
    [
      'a personal account',
      { mail: null, userPrincipalName: 'lea@outlook.example' },
      ['lea@outlook.example'],
      undefined,
    ],
    ['no mailbox at all', {}, [], undefined],
    ['a mailbox without a list', { mail: 'a@b.example', proxyAddresses: null }, ['a@b.example'], 'a@b.example'],
    [
      'a primary address in the list alone',
      { proxyAddresses: ['smtp:x@b.example', 'SMTP:y@b.example'] },
      ['y@b.example', 'x@b.example'],
      'y@b.example',
    ],
  ])('what Graph says of %s is read', (_what, body, own, primary) => {
    expect(readAddresses(body)).toEqual({ primary, own, others: [] });
  });

  it.each([undefined, null, 'text', 7, [], { mail: {} }, { otherMails: [1] }])('%j tells nothing', (body) => {
    expect(readAddresses(body)).toBeUndefined();
  });
});

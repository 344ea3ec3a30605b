import { createServer } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Certificates } from '../certificates.ts';
import { listen } from '../listen.ts';
import { type Call, type Reply, serve } from '../web.ts';
import type { VaultRefusal, VaultStandIn } from './stand-ins.ts';
import { type Bundle, createSecretShelf, type SecretShelf } from './vault-secrets.ts';

export interface VaultOptions {
  readonly certificates: Certificates;
  /** Named in the challenge: where a client would get its token. */
  readonly authority: string;
  /** Whether a bearer token may read this vault. */
  readonly isAllowed: (token: string) => boolean;
  readonly port?: number;
}

const attributes = z.object({
  enabled: z.boolean().optional(),
  exp: z.number().optional(),
  nbf: z.number().optional(),
});
const change = z.object({ value: z.string().optional(), attributes: attributes.optional() });

const problem = (status: number, code: string, message: string, inner?: string): Reply => ({
  status,
  body: { error: { code, message, ...(inner === undefined ? {} : { innererror: { code: inner } }) } },
});

const notFound = (name: string): Reply =>
  problem(
    404,
    'SecretNotFound',
    `A secret with (name/id) ${name} was not found in this key vault. If you recently deleted this secret you may be able to recover it using the correct recovery command.`,
  );

/**
 * Key Vault's secrets over https, as far as @azure/keyvault-secrets asks: challenge, versions, lists with paging,
 * soft delete and recovery.
 * @see https://learn.microsoft.com/rest/api/keyvault/secrets/operation-groups
 */
export async function startVault(options: VaultOptions): Promise<VaultStandIn> {
  let isDown = false;
  let refusal: Reply | undefined;
  let delayMs = 0;
  let requests = 0;
  let url = '';
  const shelf = createSecretShelf(() => url);

  const answer = async (call: Call): Promise<Reply> => {
    requests += 1;
    if (delayMs > 0) await delay(delayMs);
    if (isDown) return problem(503, 'ServiceUnavailable', 'The service is unavailable.');
    if (refusal !== undefined) return refusal;
    const token = /^Bearer (.+)$/.exec(call.headers.authorization ?? '')?.[1];
    if (token === undefined || !options.isAllowed(token)) {
      // The client's first request carries neither token nor body; it learns here where to get a token, and for what.
      return {
        ...problem(401, 'Unauthorized', 'AKV10000: Request is missing a Bearer or PoP token.'),
        headers: {
          'www-authenticate': `Bearer authorization="${options.authority}", resource="https://vault.azure.net"`,
        },
      };
    }
    // The SDK escapes the hyphen of api-version and ends GETs in a slash.
    if (!call.url.searchParams.has('api-version')) {
      return problem(400, 'BadParameter', 'AKV10031: api-version must be specified');
    }
    const parts = call.url.pathname.split('/').filter((part) => part !== '');
    return route(shelf, call, parts);
  };

  const server = createServer({ cert: options.certificates.cert, key: options.certificates.key }, serve(answer));
  const listener = await listen(server, 'the Key Vault stand-in', options.port);
  url = `https://localhost:${listener.port}`;
  return {
    url,
    set: shelf.set,
    change: shelf.change,
    live: shelf.live,
    remove: shelf.remove,
    recover: shelf.recover,
    down: (down = true) => {
      isDown = down;
    },
    refuse: (how) => {
      refusal = how === undefined ? undefined : refusals[how];
    },
    slow: (ms) => {
      delayMs = ms;
    },
    requests: () => requests,
    stop: listener.stop,
  };
}

function route(shelf: SecretShelf, call: Call, [kind = '', name = '', third = '']: string[]): Reply {
  const list = (items: readonly object[]) => page(call.url, items);
  const bundle = (found: Bundle | undefined): Reply => {
    if (found === undefined) return notFound(third === '' ? name : `${name}/${third}`);
    if (found.attributes.enabled) return { status: 200, body: found };
    return problem(403, 'Forbidden', 'Operation get is not allowed on a disabled secret.', 'SecretDisabled');
  };
  switch (`${call.method} ${kind}`) {
    case 'GET secrets':
      if (name === '') return list(shelf.list());
      if (third === 'versions') return list(shelf.versions(name));
      return bundle(shelf.get(name, third === '' ? undefined : third));
    case 'PUT secrets': {
      const given = change.parse(JSON.parse(call.body.toString()));
      if (shelf.deleted(name) !== undefined) {
        return problem(
          409,
          'Conflict',
          `Secret ${name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the secret can only be recovered or purged.`,
          'ObjectIsDeletedButRecoverable',
        );
      }
      const version = shelf.set(name, given.value ?? '', fromWire(given.attributes));
      return { status: 200, body: shelf.get(name, version) ?? {} };
    }
    case 'PATCH secrets': {
      const given = change.parse(JSON.parse(call.body.toString()));
      if (shelf.get(name, third) === undefined) return notFound(`${name}/${third}`);
      shelf.change(name, fromWire(given.attributes), third);
      const { value: _, ...rest } = shelf.get(name, third) ?? { value: '' };
      return { status: 200, body: rest };
    }
    case 'DELETE secrets': {
      if (shelf.get(name) === undefined) return notFound(name);
      shelf.remove(name);
      return { status: 200, body: shelf.deleted(name) ?? {} };
    }
    case 'GET deletedsecrets': {
      if (name === '') return list(shelf.listDeleted());
      const found = shelf.deleted(name);
      return found === undefined ? notFound(name) : { status: 200, body: found };
    }
    case 'POST deletedsecrets': {
      if (third !== 'recover' || shelf.deleted(name) === undefined) return notFound(name);
      shelf.recover(name);
      const { value: _, ...rest } = shelf.get(name) ?? { value: '' };
      return { status: 200, body: rest };
    }
    case 'DELETE deletedsecrets':
      if (shelf.deleted(name) === undefined) return notFound(name);
      shelf.purge(name);
      return { status: 204 };
    default:
      return problem(404, 'NotFound', 'There is nothing at this address.');
  }
}

/** In the vault's own words. https://learn.microsoft.com/azure/key-vault/general/rest-error-codes */
const refusals: Readonly<Record<VaultRefusal, Reply>> = {
  firewall: problem(
    403,
    'Forbidden',
    'Client address is not authorized and caller is not a trusted service.',
    'ForbiddenByFirewall',
  ),
  'no public access': problem(
    403,
    'Forbidden',
    'Public network access is disabled and request is not from a trusted service nor via an approved private link.',
    'ForbiddenByConnection',
  ),
  role: problem(403, 'Forbidden', 'Caller is not authorized to perform action on resource.', 'ForbiddenByRbac'),
  'another tenant': problem(401, 'Unauthorized', 'AKV10032: Invalid issuer.'),
  throttled: { ...problem(429, 'Throttled', 'Request was not processed because too many requests were received.') },
};

/** Lists come in pages of at most 25, the rest behind `nextLink`. */
function page(url: URL, items: readonly object[]): Reply {
  const from = Number(url.searchParams.get('$skiptoken') ?? '0');
  const size = Math.min(25, Number(url.searchParams.get('maxresults') ?? '25'));
  const next = new URL(url.pathname, `https://${url.host}`);
  for (const [key, value] of url.searchParams) next.searchParams.set(key, value);
  next.searchParams.set('$skiptoken', String(from + size));
  return {
    status: 200,
    body: { value: items.slice(from, from + size), nextLink: from + size < items.length ? next.href : null },
  };
}

function fromWire(given: z.infer<typeof attributes> = {}) {
  return {
    ...(given.enabled === undefined ? {} : { enabled: given.enabled }),
    ...(given.exp === undefined ? {} : { expiresOn: new Date(given.exp * 1000) }),
    ...(given.nbf === undefined ? {} : { notBefore: new Date(given.nbf * 1000) }),
  };
}

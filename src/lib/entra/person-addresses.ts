import { z } from 'zod';
import type { Config } from '../config.ts';
import { BrokerError, isBrokerError } from '../errors.ts';
import type { Log } from '../log.ts';
import { failureClass } from './classify.ts';
import type { EntraClient } from './client.ts';
import { readToken } from './read-token.ts';
import { isGranted, neededScope, tokenScopes } from './scopes.ts';
import type { SignedIn } from './types.ts';

/** The addresses of a person as the directory of her organisation has them, besides her log-in name. */
export interface PersonAddresses {
  /** Where her mail goes: her primary address. */
  readonly primary: string | undefined;
  /** Addresses of her mailbox, the primary one among them. */
  readonly own: readonly string[];
  /** Addresses that the directory lists for the person for any reason; they may be another person's mailbox. */
  readonly others: readonly string[];
}

export interface FoundAddresses {
  /** The same person; her cache holds what the question has brought. */
  readonly person: SignedIn;
  /** Undefined where the directory does not tell: the permission was not given, or there is no directory. */
  readonly addresses: PersonAddresses | undefined;
}

/**
 * Asks Microsoft Graph for the addresses of the person who has just signed in, with a token from that sign-in.
 * https://learn.microsoft.com/graph/api/user-get
 * @throws BrokerError `graph_unavailable`, and the transient failures of a token request
 */
export type FindAddresses = (person: SignedIn) => Promise<FoundAddresses>;

const timeoutMs = 10_000;

// `x500:` and `sip:` stand among them too; the primary one is written in capitals.
const proxyForm = /^smtp:(.+)$/i;

const addressText = z.string().nullish();
const list = z.array(z.string()).nullish();
const answerForm = z.looseObject({
  mail: addressText,
  userPrincipalName: addressText,
  proxyAddresses: list,
  otherMails: list,
});

/** What Graph says of a person, read. Undefined if it is not in the expected form. */
export function readAddresses(body: unknown): PersonAddresses | undefined {
  const { data } = answerForm.safeParse(body);
  if (data === undefined) return undefined;
  const proxies = data.proxyAddresses ?? [];
  const addressOf = (proxy: string): string[] => proxyForm.exec(proxy)?.slice(1, 2) ?? [];
  const [primary] = [
    ...proxies.filter((proxy) => proxy.startsWith('SMTP:')).flatMap(addressOf),
    ...(data.mail == null ? [] : [data.mail]),
  ];
  const own = [primary, data.mail, data.userPrincipalName, ...proxies.flatMap(addressOf)];
  return { primary, own: [...new Set(own.filter((address) => address != null))], others: data.otherMails ?? [] };
}

export function createFindAddresses(
  config: Pick<Config['entra'], 'tenant' | 'outlookResource' | 'graphResource' | 'graphPermissions' | 'graphUrl'>,
  deps: { readonly client: EntraClient; readonly fetch: typeof fetch; readonly log: Log },
): FindAddresses {
  const { client, log } = deps;

  /** A token for Graph, and the cache as it is afterwards. Undefined if Microsoft gives none. */
  async function tokenFor(person: SignedIn) {
    try {
      return await client.run({
        phase: 'sign-in',
        isDecisive: false,
        tenant: config.tenant,
        async run(app) {
          const cache = app.getTokenCache();
          cache.deserialize(person.cache);
          const account = (await cache.getAllAccounts()).find(
            (known) => known.homeAccountId.toLowerCase() === person.homeAccountId,
          );
          if (account === undefined) return undefined;
          const result = await app.acquireTokenSilent({ account, scopes: tokenScopes(config, 'graph') });
          return { token: readToken(result), cache: cache.serialize() };
        },
      });
    } catch (error) {
      // The sign-in itself has just succeeded: what is refused here is Graph alone.
      const kind = isBrokerError(error) ? failureClass(error.code) : undefined;
      if (kind !== 'user' && kind !== 'tenant admin' && kind !== 'declined' && kind !== 'restart') throw error;
      log.warn('graph.token_refused', { code: isBrokerError(error) ? error.code : '' });
      return undefined;
    }
  }

  async function ask(accessToken: string): Promise<PersonAddresses | undefined> {
    const url = `${config.graphUrl ?? config.graphResource}/v1.0/me?$select=mail,userPrincipalName,proxyAddresses,otherMails`;
    let response: Response;
    let text: string;
    try {
      response = await deps.fetch(url, {
        headers: { Authorization: `Bearer ${accessToken}`, Accept: 'application/json' },
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      });
      text = await response.text();
    } catch (cause) {
      throw new BrokerError('graph_unavailable', { cause });
    }
    if (response.status === 429 || response.status >= 500) {
      throw new BrokerError('graph_unavailable', { cause: new Error(`HTTP ${response.status}`) });
    }
    if (!response.ok) {
      log.warn('graph.refused', { status: response.status });
      return undefined;
    }
    return readAddresses(parse(text));
  }

  return async (person) => {
    const given = await tokenFor(person);
    if (given === undefined) return { person, addresses: undefined };
    const known = { ...person, cache: given.cache };
    if (!isGranted(given.token.scopes, neededScope.graph)) return { person: known, addresses: undefined };
    return { person: known, addresses: await ask(given.token.accessToken) };
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

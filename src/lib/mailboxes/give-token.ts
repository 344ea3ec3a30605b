import { type Caller, isLimited, mayChangeMailbox, maySeeMailbox } from '../access/caller.ts';
import type { Clock } from '../domain/clock.ts';
import type { AccessToken, Resource, Tokens } from '../entra/types.ts';
import { BrokerError, isBrokerError } from '../errors.ts';
import type { Audit } from '../store/deployment/audit.ts';
import { createRecent } from '../store/mailboxes/recent.ts';
import type { GrantMailboxes, Registry } from '../store/mailboxes/registry.ts';

/** What POST mailboxes/{id}/token answers. Never a refresh token. */
export interface GivenToken {
  readonly accessToken: string;
  readonly tokenType: 'Bearer';
  readonly expiresAt: Date;
  /** Seconds from now. */
  readonly expiresIn: number;
  readonly scopes: readonly string[];
  readonly username: string;
}

export interface GiveTokenDeps {
  readonly config: { readonly tokenEndpoint: boolean };
  readonly clock: Pick<Clock, 'now'>;
  readonly registry: Pick<Registry, 'glance'>;
  readonly grants: Pick<GrantMailboxes, 'mailboxesOf'>;
  readonly tokens: Pick<Tokens, 'get'>;
  readonly audit: Audit;
}

export type GiveToken = (mailboxId: string, resource: Resource, caller: Caller) => Promise<GivenToken>;

// Enough for every key and mailbox of a large deployment; beyond it entries are written again.
const rememberAtMost = 10_000;

/**
 * Gives an access token of a mailbox to a key that may have it. The audit notes each token once for each key: the same
 * token handed out again is nothing new, and a write per request would cost more than the token. A token that is in
 * memory costs no I/O at all; for that a mailbox that another process removed is noticed within 15 s (a key that it
 * removed, within a minute).
 * @throws BrokerError `token_endpoint_off` | `not_found` | `key_limited` | `token_app_only` | `token_shared` and what
 * Microsoft answers
 */
export function createGiveToken(deps: GiveTokenDeps): GiveToken {
  const { config, clock, registry, grants, tokens, audit } = deps;
  const noted = new Set<string>();
  const lists = createRecent<readonly string[]>(clock);

  async function note(caller: Caller, mailboxId: string, resource: Resource, result: string): Promise<void> {
    const key = [caller.keyId, mailboxId, resource, result].join(' ');
    if (noted.has(key)) return;
    await audit.write({ actor: caller.keyId, action: 'mailbox.token', mailboxId, result: result.split(' ')[0] ?? '' });
    if (noted.size >= rememberAtMost) noted.clear();
    noted.add(key);
  }

  /** A person's token opens her own mailbox too, so a key for a shared one alone must not get it. */
  async function reachesOwnMailbox(caller: Caller, grant: { tid: string; oid: string }): Promise<boolean> {
    if (!isLimited(caller)) return true;
    const list = await lists.get(`${grant.tid} ${grant.oid}`, () => grants.mailboxesOf(grant));
    for (const id of list ?? []) {
      const own = await registry.glance(id);
      if (own !== undefined && !own.shared) return mayChangeMailbox(caller, own);
    }
    return false;
  }

  return async (mailboxId, resource, caller) => {
    if (!config.tokenEndpoint) throw new BrokerError('token_endpoint_off');
    const row = await registry.glance(mailboxId);
    if (row === undefined || !maySeeMailbox(caller, row)) throw new BrokerError('not_found');
    // A token allows everything that can be done with a mailbox.
    if (!mayChangeMailbox(caller, row)) throw new BrokerError('key_limited');
    let given: AccessToken;
    try {
      if (row.grant.kind === 'app') throw new BrokerError('token_app_only');
      if (row.shared && !(await reachesOwnMailbox(caller, row.grant))) throw new BrokerError('token_shared');
      given = await tokens.get({ tid: row.grant.tid, oid: row.grant.oid }, resource);
    } catch (error) {
      if (isBrokerError(error)) await note(caller, mailboxId, resource, error.code);
      throw error;
    }
    await note(caller, mailboxId, resource, `ok ${given.expiresAt.getTime()}`);
    return {
      accessToken: given.accessToken,
      tokenType: 'Bearer',
      expiresAt: given.expiresAt,
      expiresIn: Math.max(0, Math.floor((given.expiresAt.getTime() - clock.now()) / 1000)),
      scopes: given.scopes,
      username: given.username,
    };
  };
}

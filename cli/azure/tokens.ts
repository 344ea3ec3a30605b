import { z } from 'zod';
import type { Clock } from '../../src/lib/domain/clock.ts';
import type { Az } from './az.ts';
import { AzureProblem } from './problem.ts';

/** What an access token is for, as `az account get-access-token --resource` takes it. */
export const resources = {
  arm: 'https://management.azure.com/',
  graph: 'https://graph.microsoft.com/',
  vault: 'https://vault.azure.net',
} as const;

export type Resource = keyof typeof resources;

/** Where a token is asked for: the account's tenant unless another one, or a subscription (whose tenant it is then). */
export type TokenScope = { readonly subscription: string } | { readonly tenant: string };

/** Access tokens of the person who is logged in to az. They live in this process only. */
export interface Tokens {
  /** @throws AzureProblem not_logged_in, mfa_required */
  get(resource: Resource, scope: TokenScope): Promise<string>;
  /** After a new log-in, or a refusal: the next token is requested again. */
  forget(): void;
}

const form = z.object({
  accessToken: z.string().min(1),
  /** Seconds since 1970; az 2.54 and later. */
  expires_on: z.number().optional(),
  /** Local time without a zone, `2026-11-20 12:00:00.000000`. */
  expiresOn: z.string().optional(),
  tenant: z.string().optional(),
});

const marginMs = 5 * 60_000;

/** When it ends, in milliseconds since 1970. Where az does not say, it is taken as good for the margin only. */
export function endOf(token: z.infer<typeof form>, now: number): number {
  if (token.expires_on !== undefined) return token.expires_on * 1000;
  const local = Date.parse((token.expiresOn ?? '').replace(' ', 'T'));
  return Number.isNaN(local) ? now + marginMs : local;
}

/**
 * In Cloud Shell, and with a managed identity, az is in one tenant and rejects an option for it (`get_raw_token` in
 * src/azure-cli-core/azure/cli/core/_profile.py).
 */
const isInOneTenant = (error: unknown): boolean =>
  error instanceof AzureProblem && /Tenant shouldn't be specified for/i.test(error.facts.said ?? '');

export function createTokens(az: Az, clock: Clock): Tokens {
  /** Asks without a tenant, and takes the answer only where it is of the tenant that was meant. */
  async function askInOneTenant(resource: Resource, tenant: string): Promise<unknown> {
    const answer = await az.read(['account', 'get-access-token', '--resource', resources[resource]]);
    const { tenant: own } = form.parse(answer);
    if (own?.toLowerCase() === tenant.toLowerCase()) return answer;
    throw new AzureProblem(
      'wrong_tenant',
      `Cloud Shell is in the tenant ${own ?? 'of its subscription'}, and ${tenant} was asked for.`,
      `Run az login --tenant ${tenant} --allow-no-subscriptions there, then run this command again.`,
      { tenant },
    );
  }

  const kept = new Map<string, { readonly token: string; readonly end: number }>();
  return {
    async get(resource, scope) {
      // az takes one of the two: "Please specify only one of subscription and tenant, not both".
      const of = 'tenant' in scope ? ['--tenant', scope.tenant] : ['--subscription', scope.subscription];
      const key = [resource, ...of].join(' ');
      const known = kept.get(key);
      if (known !== undefined && known.end - marginMs > clock.now()) return known.token;
      const answer = await az
        .read(['account', 'get-access-token', '--resource', resources[resource], ...of])
        .catch((error: unknown) => {
          if ('tenant' in scope && isInOneTenant(error)) return askInOneTenant(resource, scope.tenant);
          throw error;
        });
      const read = form.parse(answer);
      kept.set(key, { token: read.accessToken, end: endOf(read, clock.now()) });
      return read.accessToken;
    },
    forget: () => kept.clear(),
  };
}

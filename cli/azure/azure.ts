import { z } from 'zod';
import type { Clock } from '../../src/lib/domain/clock.ts';
import { type Az, createAz } from './az.ts';
import { AzureProblem } from './problem.ts';
import type { Program } from './program.ts';
import { createRest, type Rest } from './rest.ts';
import { createTokens, type Resource, resources, type TokenScope } from './tokens.ts';
import type { Writes } from './writes.ts';

/** Where Azure's interfaces are; another place only in tests. */
export interface Places {
  readonly arm: string;
  readonly graph: string;
  /** Of a vault by its name. */
  vault(name: string): string;
}

export const publicCloud: Places = {
  arm: 'https://management.azure.com',
  graph: 'https://graph.microsoft.com/v1.0',
  vault: (name) => `https://${name}.vault.azure.net`,
};

/** The person, or the service principal, that is logged in to az. */
export interface Caller {
  readonly objectId: string;
  readonly tenant: string;
}

const claims = z.object({ oid: z.string(), tid: z.string() });

/** The claims of an access token for ARM. https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference */
function callerOf(token: string): Caller {
  try {
    const payload: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    const { oid, tid } = claims.parse(payload);
    return { objectId: oid, tenant: tid };
  } catch (error) {
    throw new AzureProblem(
      'token_unreadable',
      'The token of the Azure CLI does not say whose it is.',
      'Run az logout and az login, then run this command again.',
      {},
      error,
    );
  }
}

/** Azure as the person sees it who is logged in to az. */
export interface Azure {
  readonly az: Az;
  /** Who the tokens are for, as the tokens themselves say: a guest who may not read the directory can be asked, too. */
  caller(subscription: string): Promise<Caller>;
  /** After a new log-in: tokens are requested again. */
  forget(): void;
  /** Azure Resource Manager, with the rights in this subscription. */
  arm(subscription: string): Rest;
  /** Microsoft Graph in this tenant. */
  graph(tenant: string): Rest;
  /** A vault's secrets. The tenant is the subscription's. */
  vault(name: string, subscription: string): Rest;
}

export interface AzureParts {
  readonly program: Program;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly writes: Writes;
  readonly places?: Places;
  readonly signal?: AbortSignal;
}

export function createAzure(parts: AzureParts): Azure {
  const { program, fetch, clock, writes, places = publicCloud, signal } = parts;
  const az = createAz(program, writes, signal);
  const tokens = createTokens(az, clock);
  const rest = (resource: Resource, base: string, scope: TokenScope, azResource?: string): Rest =>
    createRest({
      fetch,
      clock,
      writes,
      base,
      ...(azResource === undefined ? {} : { azResource }),
      token: () => tokens.get(resource, scope),
      forget: tokens.forget,
      // The double slash is az's own, for ARM: the resource ends in one.
      login: { scope: `${resources[resource]}/.default`, ...('tenant' in scope ? { tenant: scope.tenant } : {}) },
      ...(signal === undefined ? {} : { signal }),
    });
  return {
    az,
    forget: tokens.forget,
    caller: async (subscription) => callerOf(await tokens.get('arm', { subscription })),
    arm: (subscription) => rest('arm', places.arm, { subscription }),
    graph: (tenant) => rest('graph', places.graph, { tenant }),
    vault: (name, subscription) => rest('vault', places.vault(name), { subscription }, resources.vault),
  };
}

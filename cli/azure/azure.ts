import type { Clock } from '../../src/lib/domain/clock.ts';
import { type Az, createAz } from './az.ts';
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

/** Azure as the person sees it who is logged in to az. */
export interface Azure {
  readonly az: Az;
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
    arm: (subscription) => rest('arm', places.arm, { subscription }),
    graph: (tenant) => rest('graph', places.graph, { tenant }),
    vault: (name, subscription) => rest('vault', places.vault(name), { subscription }, resources.vault),
  };
}

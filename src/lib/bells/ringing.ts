import type { Config } from '../config.ts';
import type { Clock, Random } from '../domain/clock.ts';
import type { GraphMailToken } from '../entra/graph-mail-token.ts';
import type { Log } from '../log.ts';
import type { Registry } from '../store/mailboxes/registry.ts';
import { createSubscriptionRows } from '../store/mailboxes/subscriptions.ts';
import type { Store } from '../store/table/table.ts';
import type { RootKeys } from '../vault/types.ts';
import { type Bells, createBells } from './bells.ts';
import { createClientStates } from './client-state.ts';
import { createGate } from './gate.ts';
import { createGraphSubscriptions } from './graph-subscriptions.ts';
import { createReadNotifications, type ReadNotifications } from './notification.ts';

export interface RingingDeps {
  readonly entra: Pick<Config['entra'], 'graphUrl' | 'graphResource'>;
  readonly publicUrl: string;
  readonly store: Store;
  readonly rootKeys: RootKeys;
  readonly registry: Pick<Registry, 'get'>;
  readonly token: GraphMailToken;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Subscriptions and what their notifications ask for, in one process. */
export interface Ringing extends Bells {
  readonly read: ReadNotifications;
}

export function createRinging({ entra, publicUrl, store, rootKeys, registry, token, ...base }: RingingDeps): Ringing {
  const { clock, random, log } = base;
  const states = createClientStates(rootKeys);
  const rows = createSubscriptionRows({ store, clock, random });
  const graph = createGraphSubscriptions(
    { url: entra.graphUrl ?? entra.graphResource, notifyAt: `${publicUrl}/api/bell` },
    { fetch, now: clock.now },
  );
  return {
    ...createBells({ store, registry, rows, token, graph, states, clock, log }),
    read: createReadNotifications({ states, gate: createGate(clock), log }),
  };
}

import type { Clock } from '../domain/clock.ts';
import type { DestinationRows } from '../store/destinations/destinations.ts';
import type { Registry } from '../store/mailboxes/registry.ts';
import { type MailboxState, mailboxStates } from '../store/rows/rows.ts';
import { everyItem } from '../store/table/every-item.ts';

/** How the deployment stands, whichever process is asked. */
export interface DeploymentFigures {
  readonly mailboxes: Readonly<Record<MailboxState, number>>;
  readonly destinations: Readonly<Record<DestinationCondition, number>>;
}

/** `held`: nothing is sent because of its own fault. */
export type DestinationCondition = 'ready' | 'held' | 'paused';

/** A scraper comes every 15 s or so, and reading the figures takes a query a shard. */
const keptMs = 60_000;

const pageSize = 500;

/** Reads the figures from the tables, at most once a minute. @throws BrokerError, StoreError where the tables are away */
export function createDeploymentFigures(deps: {
  readonly registry: Pick<Registry, 'list'>;
  readonly destinations: Pick<DestinationRows, 'list'>;
  readonly clock: Clock;
}): () => Promise<DeploymentFigures> {
  const { registry, destinations, clock } = deps;

  const read = async (): Promise<DeploymentFigures> => {
    const mailboxes = Object.fromEntries(mailboxStates.map((state) => [state, 0])) as Record<MailboxState, number>;
    for await (const { shown } of everyItem((cursor) => registry.list({ limit: pageSize, cursor }))) {
      mailboxes[shown] += 1;
    }
    const conditions = { ready: 0, held: 0, paused: 0 };
    for (const { config, state } of await destinations.list()) {
      conditions[config.paused ? 'paused' : state.heldSince === undefined ? 'ready' : 'held'] += 1;
    }
    return { mailboxes, destinations: conditions };
  };

  let known: { readonly figures: Promise<DeploymentFigures>; readonly until: number } | undefined;
  return () => {
    if (known === undefined || known.until <= clock.monotonic()) {
      const figures = read();
      const current = { figures, until: clock.monotonic() + keptMs };
      known = current;
      figures.catch(() => {
        // The next scrape asks again.
        if (known === current) known = undefined;
      });
    }
    return known.figures;
  };
}

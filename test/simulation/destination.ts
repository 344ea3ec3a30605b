import type { DestinationConfig } from '../../src/lib/store/destinations/destination.ts';
import { createDestinationRows } from '../../src/lib/store/destinations/destinations.ts';
import type { Store, Table } from '../../src/lib/store/table/table.ts';
import { plainSealer } from './plain-sealer.ts';
import { urlOf } from './receiver.ts';
import type { Tables } from './tables.ts';

/** Makes a destination before the world begins, so that no fault meets it. */
export async function insertDestination(tables: Tables, id: string, at: Date): Promise<void> {
  const config: DestinationConfig = {
    id,
    type: 'webhook',
    name: id,
    url: urlOf(id),
    rawHtml: false,
    paused: false,
    collections: undefined,
    auth: 'none',
    signingSince: [at],
    createdAt: at,
    updatedAt: at,
  };
  const signing = [`whsec_${Buffer.alloc(24).toString('base64')}`];
  await createDestinationRows({ store: direct(tables), sealer: plainSealer }).insert(config, {
    signing,
    auth: { kind: 'none' },
  });
}

/** The tables without a way to them; only as much as an insert needs. */
function direct(tables: Tables): Store {
  const none = () => Promise.reject(new Error('not to be asked here'));
  const table = (name: string): Table => ({
    name,
    get: none,
    list: none,
    scan: () => {
      throw new Error('not to be asked here');
    },
    insert: none,
    replace: none,
    delete: none,
    batch: async (partitionKey, operations) => tables.apply(name, partitionKey, operations, undefined),
  });
  return { time: { whenWriting: () => 0, whenJudging: () => 0 }, table };
}

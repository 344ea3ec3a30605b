import { randomUUID } from 'node:crypto';
import type { GrantKey } from '../../src/lib/domain/grant.ts';
import { systemClock, systemRandom } from '../../src/lib/domain/system.ts';
import type { Log } from '../../src/lib/log.ts';
import { createGrants } from '../../src/lib/store/grants/grants.ts';
import { createAddressIndex } from '../../src/lib/store/mailboxes/address-index.ts';
import { createRegistry } from '../../src/lib/store/mailboxes/create-registry.ts';
import type { UpsertInput } from '../../src/lib/store/mailboxes/registry.ts';
import { createDirectory } from '../../src/lib/store/shard/directory.ts';
import type { Store } from '../../src/lib/store/table/table.ts';
import { memorySealer } from './sealer.ts';
import { rowsOfTable } from './tables.ts';

const { sealer } = memorySealer();

/** A person who can sign in. */
export interface Person extends GrantKey {
  readonly address: string;
}

/** The registry and the grants on one store, and people who connect. The clock can be moved ahead. */
export function registryWorld(store: Store, clockOffset = { ms: 0 }) {
  const clock = { ...systemClock, now: () => Date.now() + clockOffset.ms };
  const logged: string[] = [];
  const note = (event: string) => void logged.push(event);
  const log: Log = { info: note, warn: note, error: note };
  const parts = { store, clock, random: systemRandom, log };
  const grants = createGrants({ ...parts, sealer });
  const registry = createRegistry({ ...parts, grants });
  const person = (address = `${randomUUID()}@contoso.example`, tid = randomUUID()): Person => ({
    tid,
    oid: randomUUID(),
    address,
  });
  const inputOf = ({ tid, oid, address }: Person, more: Partial<UpsertInput> = {}): UpsertInput => ({
    grant: { kind: 'user', tid, oid },
    address,
    login: address,
    shared: false,
    folders: [
      { path: 'INBOX', role: 'inbox', status: { uidNext: 11, uidValidity: 7n, messages: 10, unseen: 2 } },
      { path: 'Sent Items', role: 'sent', status: { uidNext: 5, uidValidity: 8n, messages: 4, unseen: 0 } },
    ],
    destinationId: 'dst_abcdefghijkl',
    ...more,
  });
  return {
    ...parts,
    sealer,
    grants,
    registry,
    logged,
    pass: (ms: number) => {
      clockOffset.ms += ms;
    },
    index: createAddressIndex(parts),
    directory: createDirectory(parts),
    person,
    inputOf,
    /** Signs in and connects, as the callback does. */
    connect: async (who: Person, more: Partial<UpsertInput> = {}) => {
      await grants.connected({ ...who, cache: '{}' });
      return registry.upsert(inputOf(who, more));
    },
    slots: async () => (await createDirectory(parts).shards()).flatMap(({ slots }) => slots),
    mailRows: async () => (await rowsOfTable(store, 'mail')).map(({ rowKey }) => rowKey).toSorted(),
  };
}

export type RegistryWorld = ReturnType<typeof registryWorld>;

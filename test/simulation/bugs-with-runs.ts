import { bellKinds } from './faults.ts';
import type { PlantedBug } from './plant.ts';

/** Of runs and their leases, of mailboxes as a whole, and of destinations. */
export const bugsWithRuns: readonly PlantedBug[] = [
  {
    name: 'the fence is left out',
    seed: 325,
    breaks: 'nothing is sent again without need',
    changes: [
      {
        file: 'store/shard/committer.ts',
        find: `[{ kind: 'replace', row: headRow(last), etag }, ...operations]`,
        put: `[{ kind: 'upsert', row: headRow(last) }, ...operations]`,
      },
    ],
  },
  {
    name: 'a batch is sent again with other content under the same seq',
    seed: 43,
    breaks: 'no POST before its entry is committed',
    changes: [
      {
        file: 'store/shard/committer.ts',
        find: `      lastSending = clock.monotonic();
`,
        put: `      lastSending = clock.monotonic();
      if (failures > 0) {
        for (const [unit, waiters] of queue) {
          const more = unit.pending();
          unit.sent();
          queue.delete(unit);
          renewing.push(...waiters);
          for (const one of more) {
            const keyOf = (other: BatchOperation) => (other.kind === 'delete' ? other.rowKey : other.row.rowKey);
            const at = batch.findIndex((other) => keyOf(other) === keyOf(one));
            batch.splice(at < 0 ? batch.length : at, at < 0 ? 0 : 1, one);
          }
        }
      }
`,
      },
    ],
  },
  {
    name: 'the owner of a lease is random per process, not per run',
    seed: 22,
    breaks: 'a stale worker commits nothing',
    changes: [
      {
        file: 'store/shard/lease.ts',
        find: `const owner = base64url(random.bytes(12));`,
        put: `const owner = ownerOf(store, () => base64url(random.bytes(12)));`,
        add: `const owners = new WeakMap<object, string>();
function ownerOf(store: Store, make: () => string): string {
  const owner = owners.get(store) ?? make();
  owners.set(store, owner);
  return owner;
}`,
      },
    ],
  },
  {
    name: 'what was asked is read when it is noted as served',
    seed: 50,
    breaks: 'everything settles',
    changes: [
      {
        file: 'sync/run/shard-run.ts',
        find: `  await committer.release();
  const { reason }`,
        put: `  for (const { record, isRemoved } of mailboxes.all) {
    const row = await context.store.table('mail').get(\`s\${record.id.slice(4, 8)}\`, \`a!\${record.id}\`);
    if (row !== undefined && !isRemoved) record.setState({ ...record.state, served: Number(row.values.asked) });
  }
  await committer.release();
  const { reason }`,
      },
    ],
  },
  {
    name: 'a row of recent messages in memory is used after another process has held the shard',
    seed: 416,
    breaks: 'nothing is sent again without need',
    changes: [
      {
        file: 'sync/state/row-memory.ts',
        find: `      if (ended.get(shard) !== previousEpoch) forget(shard);
`,
        put: '',
      },
    ],
  },
  {
    name: 'the tombstone of a removed mailbox is erased first',
    seed: 2,
    breaks: 'one writer for each row',
    changes: [
      {
        file: 'sync/run/erase.ts',
        find: `const kinds = ['d', 'e', 'o', 'p', 'r', 'x', 'c', 'b'] as const;`,
        put: `const kinds = ['a', 'd', 'e', 'o', 'p', 'r', 'x', 'c', 'b'] as const;`,
      },
      { file: 'sync/run/erase.ts', find: `const rowsPerBatch = 90;`, put: `const rowsPerBatch = 1;` },
    ],
  },
  {
    name: 'several messages of a folder are under way at once where they go one after the other',
    seed: 1,
    breaks: 'one in flight',
    changes: [
      {
        file: 'sync/delivering/deliver-backlog.ts',
        find: `    order === 'strict' || context.safe !== undefined
      ? 1`,
        put: `    context.safe !== undefined
      ? 1`,
      },
    ],
  },
  {
    name: 'a lease is taken over while it holds',
    seed: 3,
    breaks: 'a stale worker commits nothing',
    changes: [
      {
        file: 'store/shard/lease.ts',
        find: `row.owner !== '' && judgedNowMs < row.until.getTime() + takeoverMs`,
        put: `row.owner !== '' && judgedNowMs < row.until.getTime() - 30_000`,
      },
    ],
  },
  {
    name: 'the end of a trouble is told only where nothing came in between',
    seed: 20,
    breaks: 'what is told is true',
    changes: [
      {
        file: 'sync/run/mailbox-state.ts',
        find: `const was = state.told ?? (isTrouble(state.state) ? state.state : undefined);`,
        put: `const was = isTrouble(state.state) ? state.state : undefined;`,
      },
    ],
  },
  {
    name: 'rows of messages that were given up survive their mailbox',
    seed: 12,
    breaks: 'everything settles',
    changes: [
      {
        file: 'sync/run/erase.ts',
        find: `const kinds = ['d', 'e', 'o', 'p', 'r', 'x', 'c', 'b'] as const;`,
        put: `const kinds = ['e', 'o', 'p', 'c', 'b'] as const;`,
      },
    ],
  },
  {
    name: 'a hold is probed by the message that failed last',
    seed: 438,
    without: bellKinds,
    breaks: 'one that fails keeps no others away',
    changes: [
      { file: 'delivery/hold.ts', find: `insists || state.failed !== eventId;`, put: `insists || eventId !== '';` },
    ],
  },
  {
    name: 'a message that is tried by itself never is the probe of a hold',
    seed: 4,
    breaks: 'everything settles',
    changes: [
      {
        file: 'sync/run/poll.ts',
        find: `work.retries = end === 'yields' ? end : 'done';`,
        put: `work.retries = 'done';`,
      },
    ],
  },
  {
    name: 'the events of a mailbox overtake each other',
    seed: 36,
    breaks: 'what is told is true',
    changes: [
      {
        file: 'sync/delivering/outbox.ts',
        find: `if (event.type.startsWith('mailbox.')) return 'mailbox';`,
        put: '',
      },
    ],
  },
  {
    name: 'a quiet mailbox that has work left is not looked at for a while',
    seed: 30,
    breaks: 'work that is left is due at once',
    changes: [
      {
        file: 'sync/run/mailbox-state.ts',
        find: `    const isReset = verdict.left !== 'nothing' || at.isAsked || slot.failures > 0 || eager > 0;`,
        put: `    const isReset = at.isAsked || slot.failures > 0 || eager > 0;`,
      },
    ],
  },
];

import type { PlantedBug } from './plant.ts';

/** Bugs that an engine like ours can have, each of which loses, doubles or mixes up mail. The simulator must find them all. */
export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'the cursor is committed before the acceptance',
    seed: 23,
    breaks: 'nothing is lost',
    changes: [
      {
        file: 'sync/pump.ts',
        find: `    book.put(ready.entry);
`,
        put: `    book.put(ready.entry);
    book.settle(ready.uid, context.now());
`,
      },
    ],
  },
  {
    name: 'the cursor passes what SEARCH leaves out',
    seed: 14,
    breaks: 'nothing is lost',
    changes: [
      {
        file: 'sync/folder-book.ts',
        find: `    if (gaps.length === 0) return [];`,
        put: `    return [];`,
      },
    ],
  },
  {
    name: 'the cursor passes what FETCH does not answer',
    seed: 32,
    breaks: 'nothing is lost',
    changes: [
      {
        file: 'sync/folder-book.ts',
        find: `      const closed = setHoles(openHoles(cursor.holes, [{ from: uid, to: uid }], now, 'missing'));`,
        put: `      const closed: readonly Hole[] = [];`,
      },
    ],
  },
  {
    name: 'the fence is left out',
    seed: 501,
    breaks: 'nothing is sent again without need',
    changes: [
      {
        file: 'store/committer.ts',
        find: `[{ kind: 'replace', row: headRow(last), etag }, ...operations]`,
        put: `[{ kind: 'upsert', row: headRow(last) }, ...operations]`,
      },
    ],
  },
  {
    name: 'a batch is sent again with other content under the same seq',
    seed: 111,
    breaks: 'no POST before its entry is committed',
    changes: [
      {
        file: 'store/committer.ts',
        find: `      lastSending = clock.monotonic();
`,
        put: `      lastSending = clock.monotonic();
      if (attempt > 0) {
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
    seed: 336,
    breaks: 'a stale worker commits nothing',
    changes: [
      {
        file: 'store/lease.ts',
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
    name: 'what was asked is read when it is noted as answered',
    seed: 12,
    breaks: 'everything settles',
    changes: [
      {
        file: 'sync/shard-run.ts',
        find: `  await committer.release();
  const { reason }`,
        put: `  for (const { book, isRemoved } of guests) {
    const row = await context.store.table('mail').get(\`s\${book.id.slice(4, 8)}\`, \`a!\${book.id}\`);
    if (row !== undefined && !isRemoved) book.setState({ ...book.state, answered: Number(row.values.asked) });
  }
  await committer.release();
  const { reason }`,
      },
    ],
  },
  {
    name: 'an entry is made when its message is settled, not before it is posted',
    seed: 1,
    breaks: 'no POST before its entry is committed',
    changes: [
      {
        file: 'sync/pump.ts',
        find: `    book.put(ready.entry);
`,
        put: ``,
      },
    ],
  },
  {
    name: 'the own ring of a folder is not looked into when a message comes back to it',
    seed: 17,
    breaks: 'one key for one message',
    changes: [
      {
        file: 'sync/claim.ts',
        find: `  const candidates = mailbox.folders
    .filter(takesPart)`,
        put: `  const candidates = mailbox.folders
    .filter((book) => book !== here && takesPart(book))`,
      },
    ],
  },
  {
    name: 'a message that is known and was never accepted is passed over after a reset',
    seed: 171,
    breaks: 'nothing is lost',
    changes: [
      {
        file: 'sync/recover.ts',
        find: `      if (isOwed(found, entry)) deliver.push(uid);
      else known.add(uid);`,
        put: `      known.add(uid);`,
      },
    ],
  },
  {
    name: 'a ring in memory is used after another process has held the shard',
    seed: 264,
    breaks: 'nothing is sent again without need',
    changes: [
      {
        file: 'sync/row-memory.ts',
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
        file: 'sync/erase.ts',
        find: `const kinds = ['d', 'e', 'o', 'p', 'r', 'x', 'c', 'b'] as const;`,
        put: `const kinds = ['a', 'd', 'e', 'o', 'p', 'r', 'x', 'c', 'b'] as const;`,
      },
      { file: 'sync/erase.ts', find: `const rowsPerBatch = 90;`, put: `const rowsPerBatch = 1;` },
    ],
  },
  {
    name: 'several messages of a folder are under way at once where they go one after the other',
    seed: 1,
    breaks: 'one in flight',
    changes: [
      {
        file: 'sync/pump.ts',
        find: `length: order === 'strict' || context.safe !== undefined ? 1 : windowSize`,
        put: `length: context.safe !== undefined ? 1 : windowSize`,
      },
    ],
  },
  {
    name: 'a message that fails gives way to those behind it at once',
    seed: 46,
    breaks: 'order',
    changes: [
      {
        file: 'sync/pump.ts',
        find: `if (!held) return failingMs >= headLimitMs;`,
        put: `if (!held) return true;`,
      },
    ],
  },
  {
    name: 'acceptances are committed at the end of a turn only',
    seed: 16,
    breaks: 'nothing is sent again without need',
    changes: [
      {
        file: 'sync/pump.ts',
        find: `      book.put({ ...ready.entry, accepted: true });
      source.settle(ready.uid, ready.message.meta.internalDate);
      return true;`,
        put: `      later.push(() => {
        book.put({ ...ready.entry, accepted: true });
        source.settle(ready.uid, ready.message.meta.internalDate);
      });
      return true;`,
      },
      {
        file: 'sync/pump.ts',
        find: `  async function lane(): Promise<void> {`,
        put: `  const later: (() => void)[] = [];
  async function lane(): Promise<void> {`,
      },
      {
        file: 'sync/pump.ts',
        find: `  for (const end of ends) if`,
        put: `  for (const done of later) done();
  await committer.commit(mailbox);
  for (const end of ends) if`,
      },
    ],
  },
  {
    name: 'a lease is taken over while it holds',
    seed: 8,
    breaks: 'a stale worker commits nothing',
    changes: [
      {
        file: 'store/lease.ts',
        find: `row.owner !== '' && judgedNowMs < row.until.getTime() + takeoverMs`,
        put: `row.owner !== '' && judgedNowMs < row.until.getTime() - 30_000`,
      },
    ],
  },
  {
    name: 'changed flags are not told',
    seed: 65,
    breaks: 'what is told is true',
    changes: [
      {
        file: 'sync/changes.ts',
        find: `for (const entry of some) tellFlags(context, mailbox, book, entry, now);`,
        put: `if (now.getTime() < 0) for (const entry of some) tellFlags(context, mailbox, book, entry, now);`,
      },
    ],
  },
  {
    name: 'the end of a trouble is told only where nothing came in between',
    seed: 13,
    breaks: 'what is told is true',
    changes: [
      {
        file: 'sync/mailbox-state.ts',
        find: `const was = state.told ?? (told[state.state] === undefined ? undefined : state.state);`,
        put: `const was = told[state.state] === undefined ? undefined : state.state;`,
      },
    ],
  },
  {
    name: 'rows of messages that were given up survive their mailbox',
    seed: 4,
    breaks: 'everything settles',
    changes: [
      {
        file: 'sync/erase.ts',
        find: `const kinds = ['d', 'e', 'o', 'p', 'r', 'x', 'c', 'b'] as const;`,
        put: `const kinds = ['e', 'o', 'p', 'c', 'b'] as const;`,
      },
    ],
  },
  {
    name: 'a hold is probed by the message that failed last',
    seed: 178,
    breaks: 'one that fails keeps no others away',
    changes: [
      { file: 'delivery/hold.ts', find: `insists || state.failed !== eventId;`, put: `insists || eventId !== '';` },
    ],
  },
  {
    name: 'a message that is tried by itself never is the probe of a hold',
    seed: 4465,
    breaks: 'everything settles',
    changes: [
      {
        file: 'sync/poll.ts',
        find: `work.retries = end === 'yields' ? end : 'done';`,
        put: `work.retries = 'done';`,
      },
    ],
  },
  {
    name: 'what was posted with other flags or from another place is not told again',
    seed: 1509,
    breaks: 'what is told is true',
    changes: [
      {
        file: 'sync/compare.ts',
        find: `entry.posted && (isElsewhere || !hasFlags(entry, flags));`,
        put: `isElsewhere && !entry.posted;`,
      },
    ],
  },
  {
    name: 'the events of a mailbox overtake each other',
    seed: 1066,
    breaks: 'what is told is true',
    changes: [
      {
        file: 'sync/outbox.ts',
        find: `if (event.type.startsWith('mailbox.')) return 'mailbox';`,
        put: '',
      },
    ],
  },
];

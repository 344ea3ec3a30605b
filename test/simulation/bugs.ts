import type { PlantedBug } from './plant.ts';

/** Bugs that an engine like ours can have, each of which loses, doubles or mixes up mail. The simulator must find them all. */
export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'the cursor is committed before the acceptance',
    changes: [
      {
        file: 'sync/pump.ts',
        find: `    if (current !== undefined) book.put(current.entry);
    await committer.commit(mailbox);
    while (`,
        put: `    if (current !== undefined) book.put(current.entry), book.settle(current.uid, context.now());
    await committer.commit(mailbox);
    while (`,
      },
    ],
  },
  {
    name: 'the cursor passes what SEARCH leaves out',
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
    changes: [
      {
        file: 'sync/pump.ts',
        find: `    if (current !== undefined) book.put(current.entry);
    await committer.commit(mailbox);
    while (`,
        put: `    while (`,
      },
      {
        file: 'sync/pump.ts',
        find: `      if (current !== undefined) book.put(current.entry);
      await committer.commit(mailbox);
    }`,
        put: `      await committer.commit(mailbox);
    }`,
      },
    ],
  },
  {
    name: 'the own ring of a folder is not looked into when a message comes back to it',
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
    name: 'a move leaves the row of a message behind that is being tried again',
    changes: [
      {
        file: 'sync/source.ts',
        find: `    if (!entry.accepted && parked !== undefined) {
      // What`,
        put: `    if (!entry.accepted && parked !== undefined) {
      vanishIn(from, from.takeAway(entry, context.now()));
      book.put(here);
      return undefined;
      // What`,
      },
    ],
  },
  {
    name: 'a message that is known and was never accepted is passed over after a reset',
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
    name: 'a quiet mailbox that has work left is not looked at for a while',
    changes: [
      {
        file: 'sync/mailbox-state.ts',
        find: `    const isReset = verdict.left !== 'nothing' || at.isAsked || slot.failures > 0;`,
        put: `    const isReset = at.isAsked || slot.failures > 0;`,
      },
    ],
  },
];

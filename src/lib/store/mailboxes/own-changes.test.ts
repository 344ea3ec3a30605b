import { describe, expect, it } from 'vitest';
import { manualClock } from '../../../../test/support/http.ts';
import { memoryStore } from '../../../../test/support/memory-store.ts';
import { rowsOfTable } from '../../../../test/support/tables.ts';
import { dayMs, hourMs } from '../../domain/duration.ts';
import { createOwnChanges, type OwnChange } from './own-changes.ts';

const hash = (n: number) => new Uint8Array(8).fill(n);
const mailbox = 'mbx_0000_a';
const other = 'mbx_0000_b';

function world() {
  const clock = manualClock();
  const store = memoryStore(clock);
  return { clock, store, changes: createOwnChanges({ store }), rows: () => rowsOfTable(store, 'changes') };
}

const read = (requestId: string, ...hashes: readonly Uint8Array[]): OwnChange => ({
  ...{ requestId, hashes, flags: { seen: true }, to: undefined },
});

describe('changes that callers made', () => {
  it('are answered for each message, the newest first, and once', async () => {
    const { changes, clock, rows } = world();
    await changes.note(mailbox, read('one', hash(1), hash(2)));
    clock.advance(5);
    await changes.note(mailbox, { ...read('two', hash(1)), flags: {}, to: 'archive0' });
    await changes.note(other, read('elsewhere', hash(1)));
    expect(await changes.take(mailbox, [hash(1), hash(3)])).toEqual([
      [
        { requestId: 'two', flags: {}, to: 'archive0' },
        { requestId: 'one', flags: { seen: true }, to: undefined },
      ],
      [],
    ]);
    expect(await changes.take(mailbox, [hash(1)])).toEqual([[]]);
    expect(await changes.take(mailbox, [hash(2)])).toMatchObject([[{ requestId: 'one' }]]);
    // What was asked for leaves no row behind.
    expect(await rows()).toHaveLength(1);
  });

  it('are two notes for one request in two folders', async () => {
    const { changes } = world();
    await changes.note(mailbox, read('one', hash(1)));
    await changes.note(mailbox, read('one', hash(2)));
    expect(await changes.take(mailbox, [hash(1), hash(2)])).toMatchObject([
      [{ requestId: 'one' }],
      [{ requestId: 'one' }],
    ]);
  });

  it('count for a day, and are purged after it', async () => {
    const { changes, clock, rows } = world();
    await changes.note(mailbox, read('old', hash(1)));
    clock.advance(dayMs - hourMs);
    await changes.note(mailbox, read('young', hash(2)));
    expect(await changes.purge()).toBe(0);
    clock.advance(2 * hourMs);
    expect(await changes.take(mailbox, [hash(1)])).toEqual([[]]);
    expect(await changes.purge()).toBe(1);
    expect(await rows()).toHaveLength(1);
  });

  it('are forgotten with their mailbox', async () => {
    const { changes, rows } = world();
    await changes.note(mailbox, read('one', hash(1)));
    await changes.note(other, read('two', hash(1)));
    await changes.forget(mailbox);
    expect((await rows()).map(({ partitionKey }) => partitionKey)).toEqual([other]);
  });

  it('are one row for a hundred messages, and the newest hundred rows are read', async () => {
    const { changes, clock, rows } = world();
    const hundred = Array.from({ length: 100 }, (_, n) => hash(n + 1));
    await changes.note(mailbox, read('bulk', ...hundred));
    expect(await rows()).toHaveLength(1);
    for (let n = 0; n < 100; n += 1) {
      clock.advance(1);
      await changes.note(mailbox, read(`later ${n}`, hash(200)));
    }
    const [many = [], lost = []] = await changes.take(mailbox, [hash(200), hash(7)]);
    expect([many.length, many[0]?.requestId, lost.length]).toEqual([100, 'later 99', 0]);
    expect(await changes.take(mailbox, [hash(7)])).toMatchObject([[{ requestId: 'bulk' }]]);
  });
});

import { shardKey } from '../../src/lib/domain/ids.ts';
import type { Row, Store, Value } from '../../src/lib/store/table/table.ts';

const digits = (shard: number): string => `_${String(shard).padStart(4, '0')}_`;

/**
 * Copies the rows of a shard into others, with ids of their own: to have many mailboxes without connecting each. Their
 * addresses are the same, which the mail server of the bench does not mind; the address index knows the first ones alone.
 */
export async function cloneShards(store: Store, from: number, to: readonly number[]): Promise<void> {
  const mail = await store.table('mail').list(shardKey(from));
  const [slots] = await store.table('directory').list('dir', { from: shardKey(from), most: 1 });
  if (slots === undefined) throw new Error(`There is no shard ${from}.`);
  const renamed = (text: string, shard: number) => text.replaceAll(digits(from), digits(shard));
  const copy = (row: Row, shard: number, partitionKey: string): Row => ({
    partitionKey,
    rowKey: renamed(row.rowKey, shard),
    values: Object.fromEntries(
      Object.entries(row.values).map(([name, value]): [string, Value | undefined] => [
        name,
        typeof value === 'string' ? renamed(value, shard) : value,
      ]),
    ),
  });
  for (const shard of to) {
    const key = shardKey(shard);
    for (let at = 0; at < mail.length; at += 100) {
      const rows = mail.slice(at, at + 100).map((row) => copy(row, shard, key));
      await store.table('mail').batch(
        key,
        rows.map((row) => ({ kind: 'insert', row }) as const),
      );
    }
    await store.table('directory').insert({ ...copy(slots, shard, 'dir'), rowKey: key });
  }
}

import { describe, expect, it } from 'vitest';
import { createRowMemory, type KeptRows, type RowMemory } from './row-memory.ts';

const rows = (size = 100): KeptRows => ({
  recentMessages: [{ partitionKey: 's0001', rowKey: 'r!a!f', values: { entries: new Uint8Array(size) } }],
  filter: undefined,
});
const run = (memory: RowMemory, shard: number, previousEpoch: number, ids: readonly string[], size?: number) => {
  memory.begin(shard, { epoch: previousEpoch + 1, previousEpoch });
  memory.end(shard, previousEpoch + 1, new Map(ids.map((id) => [id, rows(size)])));
};

describe('rows that outlive a run', () => {
  it('are there for the next run, and once', () => {
    const memory = createRowMemory();
    run(memory, 1, 4, ['a']);
    memory.begin(1, { epoch: 6, previousEpoch: 5 });
    expect(memory.take(1, 'a')).toMatchObject(rows());
    expect([memory.take(1, 'a'), memory.bytes]).toEqual([undefined, 0]);
  });

  it('stay over runs that do not use them', () => {
    const memory = createRowMemory();
    run(memory, 1, 4, ['a']);
    run(memory, 1, 5, []);
    memory.begin(1, { epoch: 7, previousEpoch: 6 });
    expect(memory.take(1, 'a')).toBeDefined();
  });

  it.each([
    ['another process held the shard in between', 7],
    ['the shard is older than they are', 3],
  ])('are gone when %s', (_, previousEpoch) => {
    const memory = createRowMemory();
    run(memory, 1, 4, ['a']);
    run(memory, 2, 4, ['b']);
    memory.begin(1, { epoch: previousEpoch + 1, previousEpoch });
    expect(memory.take(1, 'a')).toBeUndefined();
    memory.begin(2, { epoch: 6, previousEpoch: 5 });
    expect(memory.take(2, 'b')).toBeDefined();
  });

  it('are gone after a run of ours that failed, although no other run came in between', () => {
    const memory = createRowMemory();
    run(memory, 1, 4, ['a']);
    memory.begin(1, { epoch: 6, previousEpoch: 5 });
    memory.begin(1, { epoch: 7, previousEpoch: 6 });
    expect(memory.take(1, 'a')).toBeUndefined();
  });

  it('are not taken from a run after whose end another one of this process has begun', () => {
    const memory = createRowMemory();
    memory.begin(1, { epoch: 5, previousEpoch: 4 });
    memory.begin(1, { epoch: 6, previousEpoch: 5 });
    memory.end(1, 5, new Map([['a', rows()]]));
    expect(memory.bytes).toBe(0);
    memory.end(1, 6, new Map());
    memory.begin(1, { epoch: 7, previousEpoch: 6 });
    expect(memory.take(1, 'a')).toBeUndefined();
  });

  it('stay within their memory limit, and the least recently used go first', () => {
    const memory = createRowMemory(10_000);
    run(memory, 1, 4, ['a', 'b'], 4_000);
    memory.begin(1, { epoch: 6, previousEpoch: 5 });
    const a = memory.take(1, 'a') ?? rows();
    memory.end(
      1,
      6,
      new Map([
        ['a', a],
        ['c', rows(4_000)],
      ]),
    );
    expect(memory.bytes).toBeLessThanOrEqual(10_000);
    memory.begin(1, { epoch: 7, previousEpoch: 6 });
    expect(['a', 'b', 'c'].map((id) => memory.take(1, id) !== undefined)).toEqual([true, false, true]);
    run(memory, 1, 7, ['huge'], 20_000);
    expect(memory.bytes).toBe(0);
  });
});

import { describe, expect, it } from 'vitest';
import type { Clock } from '../domain/clock.ts';
import type { ImapConnector, ImapSession } from './session.ts';
import { createSessionPool, type PooledAccount } from './session-pool.ts';

const minute = 60_000;

function world(capacity: number) {
  let now = 0;
  const clock: Clock = { now: () => now, monotonic: () => now, sleep: async () => undefined };
  const open = new Set<string>();
  let opened = 0;
  const connector: ImapConnector = {
    open: async ({ login }) => {
      const name = `${login}#${++opened}`;
      open.add(name);
      const unused = () => Promise.reject(new Error('not asked for here'));
      const session: ImapSession = {
        get alive() {
          return open.has(name);
        },
        close: async () => void open.delete(name),
        status: unused,
        folders: unused,
        searchRange: unused,
        searchSince: unused,
        fetchMeta: unused,
        read: unused,
        release: unused,
      };
      return session;
    },
  };
  const account = (login: string, tokenEndsAt = 60 * minute): PooledAccount => ({
    login,
    accessToken: 't',
    tokenEndsAt,
  });
  return {
    pool: createSessionPool({ connector, clock, capacity }),
    open,
    account,
    advance: (ms: number) => {
      now += ms;
    },
  };
}

describe('warm sessions', () => {
  it('are found again by their mailbox', async () => {
    const { pool, account, open } = world(10);
    const session = await pool.take('m1', account('ada'));
    await pool.giveBack('m1', session);
    expect(await pool.take('m1', account('ada'))).toBe(session);
    expect(await pool.take('m1', account('ada'))).not.toBe(session);
    expect(open.size).toBe(2);
  });

  it('go least recently used first when there is no more room', async () => {
    const { pool, account, open } = world(2);
    for (const name of ['a', 'b']) await pool.giveBack(name, await pool.take(name, account(name)));
    await pool.giveBack('a', await pool.take('a', account('a')));
    await pool.giveBack('c', await pool.take('c', account('c')));
    expect([...open].map((name) => name[0])).toEqual(['a', 'c']);
    expect(pool.size).toBe(2);
  });

  it('are closed before their token ends, also those that nobody asks for', async () => {
    const { pool, account, open, advance } = world(10);
    const first = await pool.take('a', account('a', 10 * minute));
    await pool.giveBack('a', first);
    advance(9 * minute);
    expect(await pool.take('a', account('a', 90 * minute))).not.toBe(first);
    await pool.giveBack('b', await pool.take('b', account('b', 20 * minute)));
    advance(11 * minute);
    await pool.giveBack('c', await pool.take('c', account('c', 90 * minute)));
    expect([...open].map((name) => name[0])).toEqual(['a', 'c']);
  });

  it('are not kept once dead, under another log-in, or without room at all', async () => {
    const { pool, account } = world(10);
    const dead = await pool.take('a', account('a'));
    await dead.close();
    await pool.giveBack('a', dead);
    expect(pool.size).toBe(0);
    const old = await pool.take('a', account('a'));
    await pool.giveBack('a', old);
    expect(await pool.take('a', account('renamed'))).not.toBe(old);
    expect(old.alive).toBe(false);
    const none = world(0);
    await none.pool.giveBack('a', await none.pool.take('a', none.account('a')));
    expect(none.open.size).toBe(0);
  });

  it('replace each other when one mailbox gives back two', async () => {
    const { pool, account, open } = world(10);
    const [one, two] = [await pool.take('a', account('a')), await pool.take('a', account('a'))];
    await pool.giveBack('a', one);
    await pool.giveBack('a', two);
    expect(open.size).toBe(1);
    expect(await pool.take('a', account('a'))).toBe(two);
  });

  it('all end together', async () => {
    const { pool, account, open } = world(10);
    for (const name of ['a', 'b']) await pool.giveBack(name, await pool.take(name, account(name)));
    await pool.drop('a');
    expect(open.size).toBe(1);
    await pool.closeAll();
    expect(open.size).toBe(0);
  });
});

import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { virtualClock } from '../../../../test/support/virtual-clock.ts';
import { BrokerError, type ErrorCode } from '../../errors.ts';
import type { FolderStatus, ImapAccount, ImapConnector, KeepableSession } from './session.ts';
import { createSessionPool, type Eviction } from './session-pool.ts';

const minute = 60_000;
const ada = 'mbx_0003_ada0000000000000';
const bob = 'mbx_0004_bob0000000000000';
const status: FolderStatus = { uidNext: 1, uidValidity: 1n, messages: 0, unseen: 0 };

/** A connection as the pool sees it. */
interface Line {
  readonly name: string;
  open: boolean;
  aside: boolean;
  released: number;
  /** What STATUS answers. */
  answer: () => Promise<FolderStatus>;
  readonly bytes: PassThrough;
}

function world(capacity = 10, idleMs = 10 * minute, eviction: Eviction = 'leastRecent') {
  const clock = virtualClock();
  const lines: Line[] = [];
  const ends = new Map<string, number>();
  let refuse: ErrorCode | undefined;
  const connector: ImapConnector<KeepableSession> = {
    open: async ({ login }) => {
      if (refuse !== undefined) throw new BrokerError(refuse);
      const line: Line = {
        name: `${login}#${lines.length + 1}`,
        open: true,
        aside: false,
        released: 0,
        answer: async () => status,
        bytes: new PassThrough(),
      };
      lines.push(line);
      const unused = () => Promise.reject(new Error('not asked for here'));
      return {
        get alive() {
          return line.open;
        },
        close: async () => {
          line.open = false;
        },
        status: () => line.answer(),
        release: async () => {
          line.released += 1;
        },
        setAside: (aside) => {
          line.aside = aside;
        },
        download: async () => ({ charset: undefined, bytes: line.bytes }),
        folders: unused,
        searchRange: unused,
        searchSince: unused,
        searchBetween: unused,
        fetchMeta: unused,
        fetchTraits: unused,
        fetchFlags: unused,
        fetchMarks: unused,
        inFolder: unused,
        part: unused,
        read: unused,
      };
    },
  };
  const account = (mailboxId: string, accessToken = 't'): ImapAccount => {
    if (!ends.has(mailboxId)) ends.set(mailboxId, clock.now() + 60 * minute);
    return { login: mailboxId, accessToken, mailboxId };
  };
  const pool = createSessionPool({ connector, clock, capacity, eviction, idleMs, tokenEndsAt: (id) => ends.get(id) });
  return {
    pool,
    clock,
    lines,
    ends,
    account,
    open: () => lines.filter((line) => line.open).map(({ name }) => name),
    refuse: (code: ErrorCode) => {
      refuse = code;
    },
    /** One poll: opens, asks, closes. */
    use: async (mailboxId: string, accessToken?: string) => {
      const session = await pool.open(account(mailboxId, accessToken));
      await session.status('INBOX');
      await session.close();
    },
  };
}

describe('sessions that are kept', () => {
  it('are used again by the mailbox they belong to, set aside meanwhile', async () => {
    const { pool, use, lines, account } = world();
    await use(ada);
    expect(lines).toMatchObject([{ open: true, aside: true, released: 1 }]);
    const session = await pool.open(account(ada));
    expect(lines).toMatchObject([{ aside: false }]);
    expect(session.alive).toBe(true);
    expect(pool.size).toBe(0);
    await use(bob);
    await session.close();
    expect(lines).toHaveLength(2);
    expect(pool.size).toBe(2);
  });

  it('belong to one user at a time', async () => {
    const { pool, lines, account } = world();
    const [one, other] = [await pool.open(account(ada)), await pool.open(account(ada))];
    expect(lines).toHaveLength(2);
    await Promise.all([one.close(), other.close(), one.close()]);
    expect(pool.size).toBe(2);
    await expect(one.status('INBOX')).rejects.toMatchObject({ code: 'imap_unreachable' });
    expect(one.alive).toBe(false);
  });

  it('are closed least recently used first when there is no more room', async () => {
    const { use, open, pool } = world(2);
    for (const id of [ada, bob, ada, 'mbx_0001_eve0000000000000']) await use(id);
    expect(open()).toEqual([`${ada}#1`, 'mbx_0001_eve0000000000000#3']);
    expect(pool.size).toBe(2);
  });

  describe('by how often they are used', () => {
    const name = (number: number) => `mbx_0001_${String(number).padStart(16, '0')}`;

    it('stay where polls go round more mailboxes than there is room for', async () => {
      const { pool, use, clock, lines } = world(30, 10 * minute, 'leastFrequent');
      const round = async () => {
        for (let number = 0; number < 100; number++) await use(name(number));
        await clock.advance(minute);
      };
      for (let count = 0; count < 5; count++) {
        const before = lines.length;
        await round();
        expect(lines.length - before).toBe(count === 0 ? 100 : 70);
        expect(pool.size).toBe(30);
      }
    });

    it('stay while several of them are lent at once', async () => {
      const { pool, use, account, clock } = world(2, 10 * minute, 'leastFrequent');
      for (const number of [1, 2]) await use(name(number));
      await clock.advance(minute);
      const sessions = [];
      for (const number of [1, 2, 3, 4]) sessions.push(await pool.open(account(name(number))));
      for (const session of sessions.toReversed()) await session.close();
      await clock.advance(minute);
      for (const number of [1, 2]) expect((await pool.open(account(name(number)))).alive).toBe(true);
      expect(pool.size).toBe(0);
    });

    it('give way to those that are used twice as often', async () => {
      const { use, clock, open } = world(1, 10 * minute, 'leastFrequent');
      await use(ada);
      for (let count = 0; count < 3; count++) {
        await clock.advance(minute);
        await use(bob);
      }
      expect(open().map((each) => each.split('#')[0])).toEqual([bob]);
      await clock.advance(2 * minute);
      await use(ada);
      await clock.advance(1);
      expect(open().map((each) => each.split('#')[0])).toEqual([bob]);
    });

    it('leave their place when something went wrong on them', async () => {
      const { pool, use, account, lines, open } = world(1, 10 * minute, 'leastFrequent');
      await use(ada);
      const session = await pool.open(account(ada));
      const [line] = lines;
      if (line !== undefined) line.answer = () => Promise.reject(new BrokerError('imap_unexpected'));
      await expect(session.status('INBOX')).rejects.toThrow();
      await session.close();
      await use(bob);
      expect(open()).toEqual([`${bob}#2`]);
    });
  });

  it('are not kept where there is no room at all, no mailbox is named, or the end of the token is not known', async () => {
    const none = world(0);
    await none.use(ada);
    expect(none.open()).toEqual([]);
    const { pool, use, open, ends } = world();
    await (await pool.open({ login: 'x', accessToken: 't' })).close();
    await use(ada);
    ends.delete(ada);
    const session = await pool.open({ login: ada, accessToken: 't', mailboxId: ada });
    await session.close();
    expect(open()).toEqual([]);
  });

  it('end before their token does, and when they are idle', async () => {
    const { use, pool, clock, open } = world(10, 90 * minute);
    await use(ada);
    await clock.advance(57 * minute);
    pool.sweep();
    expect(open()).toEqual([`${ada}#1`]);
    await clock.advance(minute);
    pool.sweep();
    expect(open()).toEqual([]);

    const idle = world(10, 5 * minute);
    await idle.use(ada);
    await idle.clock.advance(5 * minute);
    await idle.use(bob);
    idle.pool.sweep();
    expect(idle.open()).toEqual([`${bob}#2`]);
  });

  it('are not used under another token: the mailbox was connected again', async () => {
    const { use, open } = world();
    await use(ada, 'old');
    await use(ada, 'new');
    expect(open()).toEqual([`${ada}#2`]);
  });

  it('are not used when the mailbox is to be looked at anew', async () => {
    const { pool, account, open } = world();
    for (const generation of [1, 1, 2]) await (await pool.open({ ...account(ada), generation })).close();
    expect(open()).toEqual([`${ada}#2`]);
  });

  it('are closed with their mailbox, with their shard, and with the process', async () => {
    const { use, pool, open } = world();
    for (const id of [ada, bob, 'mbx_0004_eve0000000000000']) await use(id);
    pool.drop(ada);
    expect(open()).toHaveLength(2);
    pool.leave(3);
    expect(open()).toHaveLength(2);
    pool.leave(4);
    expect(open()).toEqual([]);
    await use(ada);
    await pool.closeAll();
    expect(open()).toEqual([]);
    await use(ada);
    expect(open()).toEqual([]);
  });
});

describe('a session that was in trouble', () => {
  it.each<[string, ErrorCode, number]>([
    ['is closed', 'imap_unexpected', 0],
    ['is kept where only a folder was missing', 'folder_missing', 1],
  ])('%s', async (_, code, kept) => {
    const { pool, account, lines } = world();
    const session = await pool.open(account(ada));
    const [line] = lines;
    if (line !== undefined) line.answer = () => Promise.reject(new BrokerError(code));
    await expect(session.status('INBOX')).rejects.toMatchObject({ code });
    await session.close();
    expect(pool.size).toBe(kept);
  });

  it('is closed while it still owes an answer', async () => {
    const { pool, account, lines, open } = world();
    const session = await pool.open(account(ada));
    const [line] = lines;
    if (line !== undefined) line.answer = () => new Promise(() => undefined);
    void session.status('INBOX');
    await session.close();
    expect(open()).toEqual([]);
    expect(pool.size).toBe(0);
  });

  it('is closed after a download that was not read to its end, and kept after one that was', async () => {
    for (const [readAll, kept] of [
      [false, 0],
      [true, 1],
    ] as const) {
      const { pool, account, lines } = world();
      const session = await pool.open(account(ada));
      const content = await session.download('INBOX', 1, '2', 10);
      lines[0]?.bytes.end('file');
      if (readAll) await content?.bytes.toArray();
      else content?.bytes.destroy();
      await session.close();
      expect(pool.size).toBe(kept);
    }
  });
});

describe('a session that broke while it was kept', () => {
  it('is replaced by a new one when it says so', async () => {
    const { pool, use, lines, account, open } = world();
    await use(ada);
    const [line] = lines;
    if (line !== undefined) line.answer = () => Promise.reject(new BrokerError('imap_unreachable'));
    const session = await pool.open(account(ada));
    expect(await session.status('INBOX')).toEqual(status);
    await session.close();
    expect(open()).toEqual([`${ada}#2`]);
    expect(pool.size).toBe(1);
  });

  it('is replaced by a new one after 5 s of silence, and requests meanwhile wait for that one', async () => {
    const { pool, use, lines, account, clock, open } = world();
    await use(ada);
    const [line] = lines;
    if (line !== undefined) line.answer = () => new Promise(() => undefined);
    const session = await pool.open(account(ada));
    const answers = Promise.all([session.status('INBOX'), session.status('Sent Items')]);
    await clock.advance(5_000);
    expect(await answers).toEqual([status, status]);
    expect(open()).toEqual([`${ada}#2`]);
  });

  it('tells what keeps the new one from opening, and leaves a refusal to the next log-in', async () => {
    for (const [refusal, told] of [
      ['imap_throttled', 'imap_throttled'],
      ['imap_refused', 'imap_unreachable'],
    ] as const) {
      const { pool, use, lines, account, refuse, open } = world();
      await use(ada);
      const [line] = lines;
      if (line !== undefined) line.answer = () => Promise.reject(new BrokerError('imap_unreachable'));
      const session = await pool.open(account(ada));
      refuse(refusal);
      await expect(session.status('INBOX')).rejects.toMatchObject({ code: told });
      await session.close();
      expect(open()).toEqual([]);
    }
  });

  it('is not even tried if its connection is known to be gone', async () => {
    const { use, lines } = world();
    await use(ada);
    const [line] = lines;
    if (line !== undefined) line.open = false;
    await use(ada);
    expect(lines).toHaveLength(2);
  });
});

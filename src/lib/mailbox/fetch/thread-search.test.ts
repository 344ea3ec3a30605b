import { beforeEach, describe, expect, it } from 'vitest';
import { type VirtualClock, virtualClock } from '../../../../test/support/virtual-clock.ts';
import { BrokerError } from '../../errors.ts';
import type { Ancestry } from '../message/thread-root.ts';
import { createThreadMemory, createThreadSearch, type ThreadFolder, type ThreadMemory } from './thread-search.ts';

const login = 'ada@contoso.example';
const answer = (parent: string): Ancestry => ({ messageId: '<x@x>', inReplyTo: `<${parent}>`, references: [] });
const headers = (...lines: readonly string[]) => Buffer.from(`${lines.join('\r\n')}\r\n\r\n`);
// By UID: two mails under one id, and an answer.
const mails: Readonly<Record<number, Buffer>> = {
  1: headers('Message-ID: <other@x> (quotes <parent@x>)'),
  2: headers('Message-ID: <parent@x>', 'References: <root@x>'),
  3: headers('Message-ID: <parent@x>', 'References: <forged@x>'),
};

let clock: VirtualClock;
let memory: ThreadMemory;
let searches: unknown[];
let search: () => Promise<number[]>;

beforeEach(() => {
  clock = virtualClock();
  memory = createThreadMemory();
  searches = [];
  search = async () => [1, 2, 3];
});

const folder: ThreadFolder = {
  search: (query) => {
    searches.push(query);
    return search();
  },
  fetch: async (range) => ({
    messages: [{ seq: 1, uid: Number(range), headers: mails[Number(range)] }],
    skippedLines: 0,
  }),
};
const rootOf = async (mail: Ancestry, session = createThreadSearch(memory, login, clock)) =>
  (await session.withRoot(mail, folder)).threadRoot;

describe('the search for the first mail of a conversation', () => {
  it('goes by the id in brackets, and takes the oldest mail that has exactly this one', async () => {
    expect(await rootOf(answer('parent@x'))).toBe('root@x');
    expect(searches[0]).toEqual({ header: { 'message-id': '<parent@x>' } });
  });

  it('adds nothing to a mail whose own headers tell as much', async () => {
    search = async () => [];
    expect(await rootOf(answer('parent@x'))).toBeUndefined();
    expect(await rootOf({ messageId: '<x@x>', inReplyTo: undefined, references: [] })).toBeUndefined();
    expect(searches).toHaveLength(1);
  });

  it('asks for nothing that would need a charset', async () => {
    expect(await rootOf(answer('\u00fc@x'))).toBeUndefined();
    expect(searches).toHaveLength(0);
  });

  it('does not fail where the server refuses, and lets it rest for an hour, in other sessions too', async () => {
    search = async () => {
      throw new BrokerError('imap_unexpected');
    };
    expect(await rootOf(answer('parent@x'))).toBeUndefined();
    search = async () => [2];
    expect(await rootOf(answer('second@x'))).toBeUndefined();
    expect(searches).toHaveLength(1);
    await clock.advance(60 * 60_000 + 1);
    expect(await rootOf(answer('third@x'))).toBeUndefined();
    expect(searches).toHaveLength(2);
  });

  it('lets a mailbox rest that takes long to answer, and takes the answer all the same', async () => {
    search = async () => {
      await clock.advance(2_001);
      return [2];
    };
    expect(await rootOf(answer('parent@x'))).toBe('root@x');
    expect(await rootOf(answer('second@x'))).toBeUndefined();
    expect(searches).toHaveLength(1);
    const elsewhere = createThreadSearch(memory, 'grace@contoso.example', clock);
    await rootOf(answer('second@x'), elsewhere);
    expect(searches.length).toBeGreaterThan(1);
  });

  it('ends after sixty questions of a session', async () => {
    search = async () => [];
    const session = createThreadSearch(memory, login, clock);
    for (let n = 0; n < 100; n += 1) await rootOf(answer(`${n}@x`), session);
    expect(searches).toHaveLength(60);
  });
});

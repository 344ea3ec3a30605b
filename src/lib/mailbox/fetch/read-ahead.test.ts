import type { FetchMessageObject, FetchQueryObject } from 'imapflow';
import { describe, expect, it } from 'vitest';
import type { MessageMeta } from '../../domain/mail/message.ts';
import { BrokerError } from '../../errors.ts';
import type { FetchVerb } from '../session/fetch-verb.ts';
import { createReadAhead } from './read-ahead.ts';

const meta = (uid: number, size = 1000): MessageMeta => ({
  uid,
  size,
  internalDate: new Date(0),
  seen: false,
  flagged: false,
  answered: false,
  messageId: undefined,
  date: undefined,
  from: undefined,
  subject: undefined,
  received: undefined,
});
const metas = (count: number, size?: number) => Array.from({ length: count }, (_, n) => meta(n + 1, size));
const caps = { capBytes: 100_000 };
const source = (uid: number): FetchMessageObject => ({ seq: uid, uid, source: Buffer.from(`mail ${uid}`) });

/** A server that has every message but those in `missing`, and remembers what it was asked for. */
function server(answer: (uid: number) => FetchMessageObject | undefined = source) {
  const asked: { range: string; query: FetchQueryObject }[] = [];
  const fetch: FetchVerb = async (range, query) => {
    asked.push({ range, query });
    const uids = range.split(',').flatMap((run) => {
      const [from = 0, to = from] = run.split(':').map(Number);
      return Array.from({ length: to - from + 1 }, (_, n) => from + n);
    });
    return { messages: uids.flatMap((uid) => answer(uid) ?? []), skippedLines: 0 };
  };
  return { asked, fetch, ranges: () => asked.map(({ range }) => range) };
}

describe('reading ahead', () => {
  it('asks once for many small messages', async () => {
    const { fetch, asked } = server();
    const ahead = createReadAhead();
    ahead.expect('INBOX', metas(20));
    for (const each of metas(20)) expect(await ahead.answerFor(fetch, 'INBOX', each, caps)).toEqual(source(each.uid));
    expect(asked).toEqual([{ range: '1:20', query: { uid: true, bodyStructure: true, source: { maxLength: 65536 } } }]);
  });

  it('takes no more than 25 messages or 384 KiB at a time', async () => {
    const many = server();
    const ahead = createReadAhead();
    ahead.expect('INBOX', metas(60));
    for (const each of metas(60)) await ahead.answerFor(many.fetch, 'INBOX', each, caps);
    expect(many.ranges()).toEqual(['1:25', '26:50', '51:60']);

    const large = server();
    ahead.expect('INBOX', metas(10, 60_000));
    await ahead.answerFor(large.fetch, 'INBOX', meta(1, 60_000), caps);
    expect(large.ranges()).toEqual(['1:6']);
  });

  it('leaves large ones out, and those of unknown size', async () => {
    const { fetch, ranges } = server();
    const ahead = createReadAhead();
    const list = [meta(1), meta(2, 70_000), meta(3, 0), meta(4)];
    ahead.expect('INBOX', list);
    expect(await ahead.answerFor(fetch, 'INBOX', meta(1), caps)).toBeDefined();
    expect(await ahead.answerFor(fetch, 'INBOX', meta(2, 70_000), caps)).toBeUndefined();
    expect(await ahead.answerFor(fetch, 'INBOX', meta(3, 0), caps)).toBeUndefined();
    expect(await ahead.answerFor(fetch, 'INBOX', meta(4), caps)).toBeDefined();
    expect(ranges()).toEqual(['1,4']);
  });

  it.each([
    ['does not answer', () => undefined],
    ['answers by halves', (uid: number) => ({ seq: uid, uid, flags: new Set<string>() })],
    ['answers with nothing', (uid: number) => ({ seq: uid, uid, source: Buffer.alloc(0) })],
  ])('gives up on a message that the server %s, and asks for it in no crowd again', async (_, answer) => {
    const { fetch, ranges } = server((uid) => (uid === 2 ? answer(uid) : source(uid)));
    const ahead = createReadAhead();
    ahead.expect('INBOX', metas(3));
    expect(await ahead.answerFor(fetch, 'INBOX', meta(1), caps)).toBeDefined();
    expect(await ahead.answerFor(fetch, 'INBOX', meta(2), caps)).toBeUndefined();
    expect(await ahead.answerFor(fetch, 'INBOX', meta(3), caps)).toBeDefined();
    expect(ranges()).toEqual(['1:3']);
  });

  it('blames no message for a refused batch, and reports trouble of the session', async () => {
    const ahead = createReadAhead();
    const refuse = (code: 'imap_unexpected' | 'imap_unreachable') => async () => {
      throw new BrokerError(code);
    };
    ahead.expect('INBOX', metas(3));
    expect(await ahead.answerFor(refuse('imap_unexpected'), 'INBOX', meta(1), caps)).toBeUndefined();
    ahead.expect('INBOX', metas(3));
    await expect(ahead.answerFor(refuse('imap_unreachable'), 'INBOX', meta(1), caps)).rejects.toMatchObject({
      code: 'imap_unreachable',
    });
  });

  it('mixes up neither folders nor caps, and forgets a folder that is looked at anew', async () => {
    const { fetch, ranges } = server();
    const ahead = createReadAhead();
    ahead.expect('INBOX', metas(5));
    await ahead.answerFor(fetch, 'INBOX', meta(1), caps);
    expect(await ahead.answerFor(fetch, 'Sent', meta(2), caps)).toBeUndefined();
    expect(await ahead.answerFor(fetch, 'INBOX', meta(2), { capBytes: 10 })).toBeUndefined();
    ahead.forget('Sent');
    expect(await ahead.answerFor(fetch, 'INBOX', meta(3), caps)).toBeDefined();
    ahead.forget('INBOX');
    expect(await ahead.answerFor(fetch, 'INBOX', meta(4), caps)).toBeUndefined();
    expect(ranges()).toEqual(['1:5']);
  });

  it('fetches nothing but the one message where that is asked for', async () => {
    const { fetch, asked } = server();
    const ahead = createReadAhead();
    ahead.expect('INBOX', metas(5));
    expect(await ahead.answerFor(fetch, 'INBOX', meta(1), { ...caps, alone: true })).toBeUndefined();
    expect(asked).toEqual([]);
  });
});

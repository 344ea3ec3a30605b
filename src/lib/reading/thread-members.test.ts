import { describe, expect, it } from 'vitest';
import { idsOf, isMember, threadSearch } from './thread-members.ts';

const mail = (messageId?: string, inReplyTo?: string, references: readonly string[] = []) => ({
  ...{ messageId, inReplyTo, references },
});

describe('the members of a conversation', () => {
  const ids = new Set(['a@x', 'b@x']);
  it.each([
    ['the message that is meant', mail('<a@x>'), true],
    ['one that answers it', mail('<c@x>', '<a@x>'), true],
    ['one that names it among older ones', mail('<c@x>', '<z@x>', ['<b@x>', '<z@x>']), true],
    ['one without brackets', mail('c@x', 'b@x'), true],
    ['one that names a longer id', mail('<c@x>', '<aa@x>'), false],
    ['one that names nothing', mail('<c@x>'), false],
    ['one without an id', mail(), false],
  ])('are told: %s', (_, headline, expected) => {
    expect(isMember(headline, ids)).toBe(expected);
  });

  it('are asked for by what a message names, itself first and the nearest ancestor next', () => {
    expect(idsOf(mail('<c@x>', '<b@x>', ['<a@x>', '<b@x>']))).toEqual(['c@x', 'b@x', 'a@x']);
    expect(threadSearch(['a@x'])).toEqual({
      or: [
        { header: { 'message-id': 'a@x' } },
        { header: { references: 'a@x' } },
        { header: { 'in-reply-to': 'a@x' } },
      ],
    });
  });

  it('are not asked for by ids that would need a charset, or fill the line', () => {
    expect(threadSearch(['grün@x', 'with blank@x', `${'a'.repeat(300)}@x`])).toBeUndefined();
  });
});

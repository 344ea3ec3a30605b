import { describe, expect, it } from 'vitest';
import type { ListedMessage } from '../mailbox/fetch/fetch-listed.ts';
import { fits, isEmptyQuery, type MessageQuery, searchOf } from './message-query.ts';

const at = (text: string) => new Date(text);

describe('what SEARCH is asked', () => {
  it.each<[string, MessageQuery, ReturnType<typeof searchOf>]>([
    ['nothing', {}, undefined],
    ['nothing, where letters are compared', { subject: 'x', from: 'y', literal: true }, undefined],
    ['a sender and a subject', { from: 'ada', subject: 'offer' }, { from: 'ada', subject: 'offer' }],
    ['flags', { unread: true, flagged: false }, { seen: false, flagged: false }],
    ['recipients among To and Cc', { to: 'team' }, { or: [{ to: 'team' }, { cc: 'team' }] }],
    ['nothing beyond ASCII but text', { from: 'größe', text: 'größe' }, { text: 'größe' }],
    [
      'a day more on both sides',
      { since: at('2026-03-01T23:00:00Z'), before: at('2026-03-05T00:00:00Z') },
      { since: at('2026-02-28T00:00:00Z'), before: at('2026-03-07T00:00:00Z') },
    ],
    ['one OR at most', { to: 'team', participant: 'lin' }, { or: [{ from: 'lin' }, { to: 'lin' }, { cc: 'lin' }] }],
  ])('is %s', (_, query, expected) => {
    expect(searchOf(query, 'words')).toEqual(expected);
  });

  it('is flags and days alone where words were refused', () => {
    const query: MessageQuery = { from: 'a', to: 'b', subject: 'c', text: 'd', thread: '<e@x>', unread: true };
    expect(searchOf(query, 'flags and days')).toEqual({ seen: false });
  });
});

const message: ListedMessage = {
  meta: {
    uid: 1,
    internalDate: at('2026-03-01T10:00:00Z'),
    size: 1,
    seen: false,
    flagged: true,
    answered: false,
    ...{ messageId: undefined, date: undefined, from: undefined, subject: undefined, received: undefined },
  },
  headline: {
    messageId: '<2@x>',
    inReplyTo: undefined,
    references: ['<1@x>'],
    subject: 'Angebot für  das Gewächshaus',
    from: { name: 'Grace Hopper', address: 'grace@fabrikam.example' },
    to: [{ name: 'Ada', address: 'ada@contoso.example' }],
    cc: [{ name: '', address: 'team@contoso.example' }],
    ...{ bcc: [], replyTo: [], date: undefined },
  },
  draft: false,
  categories: [],
  hasAttachments: false,
  structure: undefined,
};

describe('a message fits', () => {
  it.each<[MessageQuery, boolean]>([
    [{}, true],
    [{ from: 'GRACE' }, true],
    [{ from: 'hopper <grace@' }, true],
    [{ from: 'ada' }, false],
    [{ to: 'team@' }, true],
    [{ to: 'grace' }, false],
    [{ participant: 'ada@contoso' }, true],
    [{ participant: 'lin' }, false],
    [{ subject: 'für das GEWÄCHSHAUS' }, true],
    [{ subject: 'fur das' }, false],
    [{ unread: true }, true],
    [{ unread: false }, false],
    [{ flagged: false }, false],
    [{ since: at('2026-03-01T10:00:00Z') }, true],
    [{ since: at('2026-03-01T10:00:01Z') }, false],
    [{ before: at('2026-03-01T10:00:00Z') }, false],
    [{ before: at('2026-03-01T10:00:01Z') }, true],
    [{ thread: '1@x' }, true],
    [{ thread: '<2@x>' }, true],
    [{ thread: '<3@x>' }, false],
    [{ from: 'grace', subject: 'angebot', flagged: true }, true],
    [{ from: 'grace', subject: 'rechnung' }, false],
    [{ text: 'whatever' }, true],
  ])('%o: %s', (query, expected) => {
    expect(fits(query, message)).toBe(expected);
  });

  it('matches every query without criteria', () => {
    expect([{}, { literal: true }, { from: undefined }].map(isEmptyQuery)).toEqual([true, true, true]);
    expect(isEmptyQuery({ unread: false })).toBe(false);
  });
});

import { describe, expect, it } from 'vitest';
import {
  compileFilter,
  type FilterCondition,
  type FilterFacts,
  type MailboxFilter,
  needsOf,
  passes,
  type Verdict,
} from './filter.ts';

const mail: FilterFacts = {
  folder: { path: 'Projects/Greenhouse', role: undefined },
  size: 1000,
  from: ['Grace@contoso.example'],
  to: ['ada@contoso.example', 'team@list.example'],
  subject: 'Re: Bestellung ÜBERSICHT 7',
  hasAttachment: false,
  autoReply: false,
  direction: 'in',
};
const unread: FilterFacts = {
  ...mail,
  size: undefined,
  from: undefined,
  to: undefined,
  subject: undefined,
  hasAttachment: undefined,
  autoReply: undefined,
  direction: undefined,
};

describe('a condition', () => {
  it.each<[FilterCondition, boolean]>([
    [{ folder: [{ path: 'Projects/Greenhouse' }] }, true],
    [{ folder: [{ path: 'projects/greenhouse' }] }, false],
    [{ folder: [{ role: 'archive' }] }, false],
    [{ folder: [{ role: 'archive' }, { path: 'Projects/Greenhouse' }] }, true],
    [{ from: ['grace@contoso.example'] }, true],
    [{ from: ['*@contoso.example'] }, true],
    [{ from: ['*@elsewhere.example'] }, false],
    [{ from: ['*@elsewhere.example', 'grace@*'] }, true],
    [{ to: ['team@*'] }, true],
    [{ to: ['grace@contoso.example'] }, false],
    [{ subject: ['bestellung übersicht'] }, true],
    [{ subject: ['U\u0308bersicht'] }, true],
    [{ subject: ['rechnung'] }, false],
    [{ subject: ['.*'] }, false],
    [{ subject: ['rechnung', '7'] }, true],
    [{ minSize: 1000 }, true],
    [{ minSize: 1001 }, false],
    [{ maxSize: 1000 }, true],
    [{ maxSize: 999 }, false],
    [{ minSize: 0 }, true],
    [{ maxSize: 0 }, false],
    [{ hasAttachment: false }, true],
    [{ hasAttachment: true }, false],
    [{ autoReply: false }, true],
    [{ autoReply: true }, false],
    [{ direction: 'in' }, true],
    [{ direction: 'out' }, false],
    // All that is given has to hold.
    [{ from: ['*@contoso.example'], subject: ['bestellung'] }, true],
    [{ from: ['*@contoso.example'], subject: ['rechnung'] }, false],
    [{ from: ['*@elsewhere.example'], subject: ['bestellung'] }, false],
  ])('%j holds: %j', (condition, holds) => {
    expect(compileFilter({ only: condition })(mail)).toBe(holds ? 'passes' : 'stopped');
    expect(compileFilter({ except: condition })(mail)).toBe(holds ? 'stopped' : 'passes');
    // Both sides together are nothing that any mail gets through.
    expect(passes(compileFilter({ only: condition, except: condition }), mail)).toBe(false);
  });

  it.each<FilterCondition>([
    { from: ['*'] },
    { to: ['*'] },
    { subject: ['a'] },
    { minSize: 1 },
    { maxSize: 1 },
    { hasAttachment: true },
    { hasAttachment: false },
    { autoReply: true },
    { autoReply: false },
    { direction: 'in' },
  ])('%j is open where nothing is known of the mail, which is delivered then', (condition) => {
    for (const filter of [{ only: condition }, { except: condition }]) {
      expect(compileFilter(filter)(unread)).toBe('unknown');
      expect(passes(compileFilter(filter), unread)).toBe(true);
    }
  });
});

it.each<[string, MailboxFilter, FilterFacts, Verdict]>([
  ['nothing', {}, mail, 'passes'],
  ['only', { only: { from: ['grace@*'] }, except: { subject: ['rechnung'] } }, mail, 'passes'],
  ['except goes before only', { only: { from: ['grace@*'] }, except: { subject: ['bestellung'] } }, mail, 'stopped'],
  ['a known no ends it', { only: { minSize: 1, folder: [{ role: 'inbox' }] } }, unread, 'stopped'],
  [
    'a known yes of except ends it',
    { only: { minSize: 1 }, except: { folder: [{ path: mail.folder.path }] } },
    unread,
    'stopped',
  ],
  ['except with an open end', { except: { folder: [{ path: mail.folder.path }], minSize: 1 } }, unread, 'unknown'],
  ['except that cannot hold', { except: { folder: [{ role: 'junk' }], minSize: 1 } }, unread, 'passes'],
  ['a mail without a sender', { only: { from: ['*'] } }, { ...mail, from: [] }, 'stopped'],
  ['an empty subject', { only: { subject: ['a'] } }, { ...mail, subject: '' }, 'stopped'],
])('%s', (_, filter, facts, verdict) => {
  expect(compileFilter(filter)(facts)).toBe(verdict);
});

it('says what else has to be found out', () => {
  expect(needsOf({ only: { from: ['a@x'], subject: ['x'], minSize: 1, direction: 'in', folder: [] } })).toEqual({
    headers: false,
    structure: false,
  });
  expect(needsOf({ except: { to: ['a@x'] } })).toEqual({ headers: true, structure: false });
  expect(needsOf({ except: { autoReply: true } })).toEqual({ headers: true, structure: false });
  expect(needsOf({ only: { hasAttachment: true } })).toEqual({ headers: false, structure: true });
});

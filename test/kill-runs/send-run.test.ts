import { describe, expect, it } from 'vitest';
import { judgeSending } from './send-run.ts';

// Runs with real processes: npm run send-runs.
describe('a run of sending is faulty', () => {
  const accepted = new Map([
    ['one', 'sub_1'],
    ['two', 'sub_2'],
  ]);
  const submissions = [
    { id: 'sub_1', state: 'sent', owes: [] },
    { id: 'sub_2', state: 'unknown', owes: [] },
  ] as const;
  const taken = [{ id: 'sub_1' }, { id: 'sub_2' }];
  const told = [
    { id: 'sub_1', type: 'submission.sent', eventId: 'e1' },
    { id: 'sub_2', type: 'submission.unknown', eventId: 'e2' },
  ];
  const whole = { accepted, submissions, taken, told };

  it('unless each left at most once, shows its true state, and was reported', () => {
    expect(judgeSending(whole)).toEqual([]);
    expect(judgeSending({ ...whole, told: [...told, ...told], taken: [{ id: 'sub_1' }] })).toEqual([]);
  });

  it.each([
    ['one left twice', { taken: [...taken, { id: 'sub_1' }] }, 'one left 2 times'],
    ['one is called sent that never left', { taken: [{ id: 'sub_2' }] }, 'one is sent, and never left'],
    ['one is gone', { submissions: submissions.slice(0, 1) }, 'two was accepted, and is in no table'],
    [
      'one has no end',
      { submissions: [submissions[0], { id: 'sub_2', state: 'sending', owes: [] } as const] },
      'two is sending',
    ],
    ['nobody was told of one', { told: told.slice(0, 1) }, 'nobody was told that two is unknown'],
    [
      'one was told under two ids',
      { told: [...told, { id: 'sub_1', type: 'submission.sent', eventId: 'e3' }] },
      'submission.sent of one was told under 2 ids',
    ],
    [
      'two requests became one',
      { accepted: new Map([...accepted, ['three', 'sub_1']]) },
      'two requests were answered with one submission',
    ],
  ])('if %s', (_, change, fault) => {
    expect(judgeSending({ ...whole, ...change })).toContain(fault);
  });
});

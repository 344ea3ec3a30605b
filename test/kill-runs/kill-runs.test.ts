import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeNeeding } from '../support/requirements.ts';
import { judge, killRun } from './kill-run.ts';
import { type KillStack, type Stream, startKillStack, victims } from './stack.ts';

describeNeeding('dovecot', 'processes that are killed while mail flows', () => {
  let stack: KillStack;
  beforeAll(async () => {
    stack = await startKillStack();
  });
  afterAll(() => stack?.stop());

  // Fifty more, with kills in any order, are part of every build: npm run kill-runs -- --runs 50.
  it('lose nothing and double nothing, each killed once', async () => {
    const run = await killRun(stack, 1, { kills: victims });
    expect(run.faults, stack.world.output().slice(-4000)).toEqual([]);
  }, 400_000);
});

describe('a run is faulty', () => {
  const inOrder: Stream = { address: 'ada@contoso.example', path: 'INBOX', bound: 1 };
  const records: Stream = { address: 'bea@contoso.example', path: 'INBOX', bound: 32 };
  const sent = new Map([
    ['one', inOrder],
    ['two', inOrder],
    ['three', records],
  ]);
  const came = (...pairs: (readonly [subject: string, key: string])[]) =>
    pairs.map(([subject, key]) => ({ subject, key }));
  const all = came(['one', 'k1'], ['two', 'k2'], ['three', 'k3']);

  it('unless everything came once, or again as often as the kills explain', () => {
    expect(judge(all, sent, [])).toEqual({ faults: [], resent: 0 });
    const again = [...all, ...came(['one', 'k1'], ['three', 'k3'], ['three', 'k3'])];
    expect(judge(again, sent, ['worker'])).toEqual({ faults: [], resent: 3 });
  });

  it.each([
    [
      'a message did not come',
      came(['one', 'k1'], ['two', 'k2']),
      'three, in bea@contoso.example INBOX, came under 0 keys',
    ],
    [
      'a message came under two keys',
      [...all, ...came(['one', 'k4'])],
      'one, in ada@contoso.example INBOX, came under 2 keys',
    ],
    ['two messages share a key', came(['one', 'k1'], ['two', 'k1'], ['three', 'k3']), 'k1 stands for 2 messages'],
    [
      'two of a folder in order came again after one kill',
      [...all, ...came(['one', 'k1'], ['two', 'k2'])],
      '2 of ada@contoso.example INBOX were sent again after 1 kills',
    ],
    ['a message of a run before came', [...all, ...came(['zero', 'k0'])], 'zero came, and was of another run'],
  ])('if %s', (_what, arrivals, fault) => {
    expect(judge(arrivals, sent, ['worker', 'imap']).faults).toContain(fault);
  });

  it('if anything came again though neither sender nor receiver was killed', () => {
    const again = [...all, ...came(['one', 'k1'])];
    expect(judge(again, sent, ['imap']).faults).toEqual([
      '1 of ada@contoso.example INBOX were sent again after 0 kills',
    ]);
  });
});

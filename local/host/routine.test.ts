import { expect, it } from 'vitest';
import { createLines } from './lines.ts';
import { isRoutine } from './routine.ts';

const done = {
  level: 'info',
  event: 'shard.finished',
  polled: 3,
  delivered: 0,
  retried: 0,
  dead: 0,
  failed: 0,
  held: 0,
};

it.each([
  ['a timer that went off', { level: 'info', event: 'dispatch.finished', wakeUps: 1 }, true],
  ['a poll that found nothing', done, true],
  ['a poll that delivered', { ...done, delivered: 1 }, false],
  ['a poll that could not read a mailbox', { ...done, failed: 1 }, false],
  ['a destination that takes nothing', { ...done, held: 1 }, false],
  ['a mailbox that was connected', { level: 'info', event: 'connect.finished' }, false],
  ['a warning', { level: 'warn', event: 'dispatch.finished' }, false],
  ['no line of the app', undefined, false],
])('%s is routine: %s', (_what, line, routine) => {
  expect(isRoutine(line)).toBe(routine);
});

it('is what a quiet host leaves out, with timers and messages that went well; requests and failures it shows', () => {
  const shown: string[] = [];
  const lines = createLines((line) => shown.push(line), { isQuiet: true });
  const run = { subject: 's', outcome: 'ok', failed: false, ms: 1 };
  lines.log('work', 'information', 'user', JSON.stringify(done));
  lines.invocation({ ...run, kind: 'timer', functionName: 'dispatch' });
  lines.invocation({ ...run, kind: 'queue', functionName: 'work' });
  expect(shown).toEqual([]);
  lines.log('work', 'information', 'user', JSON.stringify({ ...done, delivered: 2 }));
  lines.invocation({ ...run, kind: 'http', functionName: 'connect' });
  lines.invocation({ ...run, kind: 'queue', functionName: 'work', failed: true });
  lines.log('work', 'error', 'user', JSON.stringify({ level: 'error', event: 'shard.finished' }));
  lines.release();
  expect(shown).toHaveLength(4);
});

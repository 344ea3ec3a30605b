import { describe, expect, it } from 'vitest';
import { done, type Step } from '../deploy/step.ts';
import { jsonObserver, lineObserver } from './observers.ts';
import { taskListObserver } from './task-list.ts';

const step = (name: string): Step => ({ name, title: `The ${name}`, check: async () => done() });
const [first, second, third] = [step('first'), step('second'), step('third')];

describe('lines for a log', () => {
  it('say each step once, and what it waits for once however long it takes', () => {
    const lines: string[] = [];
    const observer = lineObserver((line) => void lines.push(line));
    observer.looking(first);
    observer.ended(first, 'done', 'as it was');
    observer.doing(second, 'three things');
    observer.saying('Waiting for Azure (0 s of at most 3 min)');
    observer.saying('Waiting for Azure (10 s of at most 3 min)');
    observer.ended(second, 'did', undefined);
    observer.failed(third, new Error('no'));
    expect(lines).toEqual([
      'ok    The first: as it was',
      '      The second: three things …',
      '      Waiting for Azure',
      'did   The second',
      'FAIL  The third',
    ]);
  });
});

describe('JSON for programs', () => {
  it('is one object a line, with the stable name of the step', () => {
    const lines: unknown[] = [];
    const observer = jsonObserver((line) => void lines.push(JSON.parse(line)));
    observer.looking(first);
    observer.ended(first, 'skip', 'not here');
    observer.failed(second, new Error('no'));
    expect(lines).toEqual([
      { step: 'first', state: 'looking' },
      { step: 'first', state: 'skip', note: 'not here' },
      { step: 'second', state: 'failed', note: 'no' },
    ]);
  });
});

describe('a list of tasks on a terminal', () => {
  it('ends with every step, including those not reached and after one that failed', async () => {
    const written: string[] = [];
    const { write } = process.stdout;
    process.stdout.write = (chunk: string | Uint8Array) => written.push(String(chunk)) > 0;
    try {
      const observer = taskListObserver([first, second, third]);
      observer.looking(first);
      observer.saying('one moment');
      observer.ended(first, 'did', 'made');
      observer.looking(second);
      observer.failed(second, new Error('Azure refused'));
      await observer.closed();
    } finally {
      process.stdout.write = write;
    }
    expect(written.join('')).toContain('The first: made');
    expect(written.join('')).toContain('The third: not reached');
  });
});

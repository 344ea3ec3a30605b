import { describe, expect, it } from 'vitest';
import { createSemaphore } from './semaphore.ts';

const turnOf = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('a semaphore', () => {
  it('lets no more in than it has room for, in the order in which they came', async () => {
    const pass = createSemaphore(2);
    const started: number[] = [];
    let inside = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 7 }, (_, n) =>
        pass(async () => {
          started.push(n);
          most = Math.max(most, ++inside);
          await turnOf();
          inside -= 1;
        }),
      ),
    );
    expect(started).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(most).toBe(2);
  });

  it('gives every task a turn before any gets a second one', async () => {
    const pass = createSemaphore(1);
    const turns: string[] = [];
    const participant = async (name: string) => {
      for (let n = 0; n < 3; n++) {
        await pass(async () => {
          turns.push(name);
          await turnOf();
        });
      }
    };
    await Promise.all(['a', 'b', 'c'].map(participant));
    expect(turns.join('')).toBe('abcabcabc');
  });

  it('gives the place of one that fails to the next', async () => {
    const pass = createSemaphore(1);
    const failing = pass(() => Promise.reject(new Error('no')));
    const next = pass(async () => 'in');
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('in');
  });

  it('lets low-priority tasks in only when no other waits, and leaves places free', async () => {
    const pass = createSemaphore(3, 1);
    const turns: string[] = [];
    const ends: (() => void)[] = [];
    const visit = (name: string, when?: 'after others') =>
      pass(async () => {
        turns.push(name);
        await new Promise<void>((resolve) => ends.push(resolve));
      }, when);
    const visits = [visit('old 1', 'after others'), visit('old 2', 'after others'), visit('new 1'), visit('new 2')];
    visits.push(visit('new 3'), visit('new 4'));
    await turnOf();
    expect(turns).toEqual(['old 1', 'new 1', 'new 2']);
    while (turns.length < visits.length) {
      ends.shift()?.();
      await turnOf();
    }
    expect(turns).toEqual(['old 1', 'new 1', 'new 2', 'new 3', 'new 4', 'old 2']);
    for (const end of ends) end();
    await Promise.all(visits);
  });
});

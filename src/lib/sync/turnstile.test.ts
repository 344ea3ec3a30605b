import { describe, expect, it } from 'vitest';
import { createTurnstile } from './turnstile.ts';

const turnOf = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('a turnstile', () => {
  it('lets no more in than it has room for, in the order in which they came', async () => {
    const pass = createTurnstile(2);
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

  it('gives everybody a turn before anybody has a second', async () => {
    const pass = createTurnstile(1);
    const turns: string[] = [];
    const visitor = async (name: string) => {
      for (let n = 0; n < 3; n++) {
        await pass(async () => {
          turns.push(name);
          await turnOf();
        });
      }
    };
    await Promise.all(['a', 'b', 'c'].map(visitor));
    expect(turns.join('')).toBe('abcabcabc');
  });

  it('gives the place of one that fails to the next', async () => {
    const pass = createTurnstile(1);
    const failing = pass(() => Promise.reject(new Error('no')));
    const next = pass(async () => 'in');
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('in');
  });
});

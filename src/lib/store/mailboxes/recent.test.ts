import { describe, expect, it } from 'vitest';
import { manualClock } from '../../../../test/support/http.ts';
import { createRecent, recentMs } from './recent.ts';

describe('a value that was read a moment ago', () => {
  it('is not read again within its time, and is afterwards', async () => {
    const clock = manualClock();
    const recent = createRecent<number>(clock);
    let reads = 0;
    const read = async () => ++reads;
    expect(await recent.get('a', read)).toBe(1);
    clock.advance(recentMs - 1);
    expect(await recent.get('a', read)).toBe(1);
    clock.advance(1);
    expect(await recent.get('a', read)).toBe(2);
    expect(await recent.get('b', read)).toBe(3);
  });

  it('counts from before the read: what was read for long is not remembered for longer', async () => {
    const clock = manualClock();
    const recent = createRecent<string>(clock);
    await recent.get('a', async () => {
      clock.advance(recentMs);
      return 'slow';
    });
    expect(await recent.get('a', async () => 'new')).toBe('new');
  });

  it('is forgotten with a change, also if the read began before it', async () => {
    const recent = createRecent<string>(manualClock());
    await recent.get('a', async () => 'old');
    recent.forget('a');
    expect(await recent.get('a', async () => 'new')).toBe('new');
    recent.forget('a');
    let answer = (_value: string) => {};
    const slow = recent.get('a', () => new Promise((resolve) => (answer = resolve)));
    recent.forget('a');
    answer('from before');
    expect(await slow).toBe('from before');
    expect(await recent.get('a', async () => 'after')).toBe('after');
  });

  it('is read each time if it does not exist or failed', async () => {
    const recent = createRecent<string>(manualClock());
    expect(await recent.get('a', async () => undefined)).toBeUndefined();
    await expect(recent.get('a', () => Promise.reject(new Error('down')))).rejects.toThrow('down');
    expect(await recent.get('a', async () => 'there')).toBe('there');
  });

  it('makes room for newer ones', async () => {
    const recent = createRecent<number>(manualClock());
    for (let i = 0; i <= 10_000; i += 1) await recent.get(String(i), async () => i);
    expect(await recent.get('0', async () => -1)).toBe(-1);
    expect(await recent.get('10000', async () => -1)).toBe(10_000);
  });
});

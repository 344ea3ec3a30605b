import { getEventListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { linkedAbort } from './linked-abort.ts';

describe('the signal of one piece of work', () => {
  it('fires with the other, and for its reason', () => {
    const outer = new AbortController();
    const { signal } = linkedAbort(outer.signal);
    expect(signal.aborted).toBe(false);
    outer.abort('lease lost');
    expect(signal.reason).toBe('lease lost');
  });

  it('has fired where the other has', () => {
    const linked = linkedAbort(AbortSignal.abort('over'));
    expect(linked.signal.reason).toBe('over');
    expect(linked.timedOut).toBe(false);
  });

  it('fires when the time is over, and says that it was that', async () => {
    const linked = linkedAbort(new AbortController().signal, 1);
    await delay(20);
    expect(linked.signal.reason).toMatchObject({ name: 'TimeoutError' });
    expect(linked.timedOut).toBe(true);
  });

  it('fires on its own, and only once', () => {
    const outer = new AbortController();
    const linked = linkedAbort(outer.signal);
    linked.abort('enough');
    outer.abort('later');
    expect(linked.signal.reason).toBe('enough');
  });

  it('leaves neither listener nor timer behind', () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    const outer = new AbortController();
    const linked = linkedAbort(outer.signal, 60_000);
    linked.release();
    expect(getEventListeners(outer.signal, 'abort')).toEqual([]);
    expect(timers()).toBe(before);
    outer.abort();
    expect(linked.signal.aborted).toBe(false);
  });
});

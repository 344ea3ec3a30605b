import { describe, expect, it } from 'vitest';
import { settled, virtualClock } from '../../../../test/support/virtual-clock.ts';
import { createDownloadLimiter, type DownloadLimits } from './download-limiter.ts';

const limits: DownloadLimits = {
  perMailbox: 2,
  perProcess: 3,
  bytes: 100,
  waitMs: 4_000,
  mostWaiting: 4,
  mostWaitingPerMailbox: 2,
};

function world(change: Partial<DownloadLimits> = {}) {
  const clock = virtualClock();
  const slots = createDownloadLimiter({ ...limits, ...change }, clock);
  /** How a request ends: `in`, the code of its failure, or undefined while it waits. */
  const ask = (work: Promise<unknown>) => {
    const seen: { end?: string } = {};
    work.then(
      () => {
        seen.end = 'in';
      },
      (error: { code: string; retry?: { afterMs: number } }) => {
        seen.end = `${error.code} ${error.retry?.afterMs}`;
      },
    );
    return seen;
  };
  return { clock, slots, ask };
}

const busy = 'downloads_busy 2000';

describe('downloads at once', () => {
  it('are two from one mailbox; the third waits, and is refused after four seconds', async () => {
    const { clock, slots, ask } = world();
    await slots.enter('ada');
    await slots.enter('ada');
    const third = ask(slots.enter('ada'));
    await slots.enter('bob');
    await clock.advance(3_999);
    expect(third.end).toBeUndefined();
    await clock.advance(1);
    expect(third.end).toBe(busy);
  });

  it('go on in the order of asking when one leaves, and a place is given out once', async () => {
    const { slots, ask } = world();
    const first = await slots.enter('ada');
    await slots.enter('ada');
    const [third, fourth] = [ask(slots.enter('ada')), ask(slots.enter('ada'))];
    first.leave();
    first.leave();
    await settled();
    expect([third.end, fourth.end]).toEqual(['in', undefined]);
  });

  it('do not queue up without end, neither from one mailbox nor in all', async () => {
    const { slots, ask } = world();
    for (const id of ['ada', 'ada', 'bob']) await slots.enter(id);
    const waiting = ['ada', 'ada', 'ada', 'bob', 'eve', 'eve'].map((id) => ask(slots.enter(id)));
    await settled();
    expect(waiting.map(({ end }) => end)).toEqual([undefined, undefined, busy, undefined, undefined, busy]);
  });

  it('hold no more bytes than there is room for, unless one alone does', async () => {
    const { slots, ask, clock } = world();
    const large = await slots.enter('ada');
    await large.reserve(150);
    const small = await slots.enter('bob');
    const wanted = ask(small.reserve(10));
    await settled();
    expect(wanted.end).toBeUndefined();
    large.leave();
    await settled();
    expect(wanted.end).toBe('in');
    const other = await slots.enter('ada');
    await other.reserve(90);
    const more = ask((await slots.enter('eve')).reserve(1));
    await clock.advance(4_000);
    expect(more.end).toBe(busy);
  });
});

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
  const limiter = createDownloadLimiter({ ...limits, ...change }, clock);
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
  return { clock, limiter, ask };
}

const busy = 'downloads_busy 2000';

describe('downloads at once', () => {
  it('are two from one mailbox; the third waits, and is refused after four seconds', async () => {
    const { clock, limiter, ask } = world();
    await limiter.enter('ada');
    await limiter.enter('ada');
    const third = ask(limiter.enter('ada'));
    await limiter.enter('bob');
    await clock.advance(3_999);
    expect(third.end).toBeUndefined();
    await clock.advance(1);
    expect(third.end).toBe(busy);
  });

  it('go on in the order of asking when one leaves, and a place is given out once', async () => {
    const { limiter, ask } = world();
    const first = await limiter.enter('ada');
    await limiter.enter('ada');
    const [third, fourth] = [ask(limiter.enter('ada')), ask(limiter.enter('ada'))];
    first.leave();
    first.leave();
    await settled();
    expect([third.end, fourth.end]).toEqual(['in', undefined]);
  });

  it('do not queue up without end, neither from one mailbox nor in all', async () => {
    const { limiter, ask } = world();
    for (const id of ['ada', 'ada', 'bob']) await limiter.enter(id);
    const waiting = ['ada', 'ada', 'ada', 'bob', 'eve', 'eve'].map((id) => ask(limiter.enter(id)));
    await settled();
    expect(waiting.map(({ end }) => end)).toEqual([undefined, undefined, busy, undefined, undefined, busy]);
  });

  it('hold no more bytes than there is room for, unless one alone does', async () => {
    const { limiter, ask, clock } = world();
    const large = await limiter.enter('ada');
    await large.reserve(150);
    const small = await limiter.enter('bob');
    const wanted = ask(small.reserve(10));
    await settled();
    expect(wanted.end).toBeUndefined();
    large.leave();
    await settled();
    expect(wanted.end).toBe('in');
    const other = await limiter.enter('ada');
    await other.reserve(90);
    const more = ask((await limiter.enter('eve')).reserve(1));
    await clock.advance(4_000);
    expect(more.end).toBe(busy);
  });
});

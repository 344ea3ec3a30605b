import type { Clock } from '../../domain/clock.ts';
import type { ServerTime } from './table.ts';

/** One answer of the service: its Date header, and when, on our monotonic clock, the request went out and the answer came. */
export interface DateSample {
  readonly dateMs: number;
  readonly sentMs: number;
  readonly receivedMs: number;
}

export interface SampledServerTime extends ServerTime {
  sample(sample: DateSample): void;
}

// RFC 9110 section 5.6.7: a Date has no fraction, so that the true time is up to a second later than it says.
const resolutionMs = 1000;

/**
 * The service's clock between two of its answers. The newest request counts, whichever answer comes first.
 * The service wrote the date at some moment between our sending and our receiving, and within the second that it names:
 * counted from the sending, with that second added, the result is never early; counted from the receipt, never late.
 */
export function createServerTime(clock: Pick<Clock, 'monotonic'>): SampledServerTime {
  let latest: DateSample | undefined;
  const known = (): DateSample => {
    if (latest === undefined) throw new Error('the time of the store is asked for before the store has answered once');
    return latest;
  };
  return {
    sample(sample) {
      if (latest === undefined || sample.sentMs >= latest.sentMs) latest = sample;
    },
    whenWriting() {
      const { dateMs, sentMs } = known();
      return dateMs + resolutionMs + (clock.monotonic() - sentMs);
    },
    whenJudging() {
      const { dateMs, receivedMs } = known();
      return dateMs + (clock.monotonic() - receivedMs);
    },
  };
}

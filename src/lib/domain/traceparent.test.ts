import { describe, expect, it } from 'vitest';
import { newTraceContext, parseTraceparent, traceparentOf } from './traceparent.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const spanId = '00f067aa0ba902b7';

describe('a traceparent', () => {
  // The first two are the examples of https://www.w3.org/TR/trace-context/#examples-of-http-traceparent-headers .
  it.each([
    ['of a sampled trace', `00-${traceId}-${spanId}-01`, { traceId, spanId, isSampled: true }],
    ['of a trace that is not sampled', `00-${traceId}-${spanId}-00`, { traceId, spanId, isSampled: false }],
    ['with other flags as well', `00-${traceId}-${spanId}-03`, { traceId, spanId, isSampled: true }],
    ['without a trace', `00-${'0'.repeat(32)}-${spanId}-01`, undefined],
    ['without a span', `00-${traceId}-${'0'.repeat(16)}-01`, undefined],
    ['in capitals', `00-${traceId.toUpperCase()}-${spanId}-01`, undefined],
    ['of another version', `01-${traceId}-${spanId}-01`, undefined],
    ['with more behind it', `00-${traceId}-${spanId}-01-x`, undefined],
    ['that is no text', 7, undefined],
    ['that is missing', undefined, undefined],
  ])('%s', (_, text, expected) => {
    expect(parseTraceparent(text)).toEqual(expected);
  });

  it('comes back as it was written', () => {
    for (const isSampled of [true, false]) {
      expect(parseTraceparent(traceparentOf({ traceId, spanId, isSampled }))).toEqual({ traceId, spanId, isSampled });
    }
  });
});

describe('the place of a piece of work', () => {
  it('lies in the trace of its cause, as a span of its own', () => {
    const own = newTraceContext({ traceId, spanId, isSampled: true });
    expect(own).toMatchObject({ traceId, isSampled: true });
    expect(own.spanId).not.toBe(spanId);
  });

  it('begins a trace without one', () => {
    const own = newTraceContext(undefined);
    expect(parseTraceparent(traceparentOf(own))).toEqual(own);
    expect(own.traceId).not.toBe(newTraceContext(undefined).traceId);
  });
});

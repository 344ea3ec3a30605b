import { randomUUID } from 'node:crypto';

/** Where a piece of work stands among others: https://www.w3.org/TR/trace-context/#traceparent-header */
export interface TraceContext {
  /** 32 hexadecimal digits; the same for all work that one cause led to. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  /** Its spans are exported. */
  readonly isSampled: boolean;
}

// Version 00 alone: only this program writes what it reads.
const form = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

const sampledFlag = 1;

/** @returns undefined if it is no text of this form */
export function parseTraceparent(text: unknown): TraceContext | undefined {
  const [, traceId, spanId, flags = ''] = typeof text === 'string' ? (form.exec(text) ?? []) : [];
  if (traceId === undefined || spanId === undefined) return undefined;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & sampledFlag) !== 0 };
}

/** Pure. */
export const traceparentOf = ({ traceId, spanId, isSampled }: TraceContext): string =>
  `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`;

/** 32 hexadecimal digits, never all zero. Node draws the bytes of many at once, which every request would else wait for. */
const newDigits = (): string => randomUUID().replaceAll('-', '');

/** A place of its own: in the trace of its cause, or at the beginning of one. */
export const newTraceContext = (from: TraceContext | undefined): TraceContext => ({
  traceId: from?.traceId ?? newDigits(),
  spanId: newDigits().slice(16),
  isSampled: from?.isSampled ?? false,
});

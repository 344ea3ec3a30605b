import { AsyncLocalStorage } from 'node:async_hooks';
import { z } from 'zod';
import { newTraceContext, parseTraceparent, type TraceContext, traceparentOf } from './domain/traceparent.ts';
import { correlated } from './log.ts';

/** What a span says: names, ids of ours, numbers. Never an address, a subject or anything else of a mail, and no secret. */
export type SpanFacts = Readonly<Record<string, string | number | boolean>>;

/** A piece of work as it continues. */
export interface Span {
  /** Says what became known on the way. */
  say(facts: SpanFacts): void;
  /** It ended without an exception, and not well. */
  fail(): void;
}

/** `server`: someone asked for it from outside; `consumer`: it came from a queue or a timer. */
export type SpanKind = 'server' | 'consumer' | 'internal';

/** Runs a piece of work under a span of its own: within the work that called it, or as what `cause` led to. */
export type Tracer = <T>(
  name: string,
  kind: SpanKind,
  facts: SpanFacts,
  work: (span: Span) => Promise<T>,
  cause?: TraceContext | undefined,
) => Promise<T>;

/** Undefined unless settings ask for it: see telemetry/. */
let tracer: Tracer | undefined;

/** From now on pieces of work are traced; undefined ends it. */
export const traceWith = (next: Tracer | undefined): void => {
  tracer = next;
};

const untraced: Span = { say: () => undefined, fail: () => undefined };

const current = new AsyncLocalStorage<TraceContext>();

/** Does `work` at a place in a trace: lines of the log carry its `traceId`, and messages to the queue name the place. */
export const tracedAt = <T>(place: TraceContext, work: () => T): T =>
  current.run(place, () => correlated({ traceId: place.traceId }, work));

/**
 * Does `work` under a span, where traces are wanted. Without them it has a place in a trace all the same, if it came from
 * outside, a queue or a timer, so that one id finds its lines; what is internal costs one comparison.
 */
export const traced: Tracer = (name, kind, facts, work, cause) => {
  if (tracer !== undefined) return tracer(name, kind, facts, work, cause);
  if (kind === 'internal') return work(untraced);
  return tracedAt(newTraceContext(cause), () => work(untraced));
};

/** A message for the queue with the place of the work that sends it. Readers that do not know the field ignore it. */
export function withTrace<M extends object>(message: M): M & { readonly traceparent?: string } {
  const place = current.getStore();
  return place === undefined ? message : { ...message, traceparent: traceparentOf(place) };
}

const carrier = z.object({ traceparent: z.unknown() });

/** The place that a message of the queue names; undefined where it names none, as those of older versions. */
export const traceOf = (message: unknown): TraceContext | undefined =>
  parseTraceparent(carrier.safeParse(message).data?.traceparent);

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

/** Runs a piece of work under a span of its own. */
export type Tracer = <T>(
  name: string,
  kind: SpanKind,
  facts: SpanFacts,
  work: (span: Span) => Promise<T>,
) => Promise<T>;

/** Undefined unless settings ask for it: see telemetry/. */
let tracer: Tracer | undefined;

/** From now on pieces of work are traced; undefined ends it. */
export const traceWith = (next: Tracer | undefined): void => {
  tracer = next;
};

const untraced: Span = { say: () => undefined, fail: () => undefined };

/** Does `work` under a span, where traces are wanted; without them it costs one comparison. */
export const traced: Tracer = (name, kind, facts, work) =>
  tracer === undefined ? work(untraced) : tracer(name, kind, facts, work);

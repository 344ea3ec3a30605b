import type { Attributes, AttributeValue } from '@opentelemetry/api';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import { redact } from '../log.ts';

/**
 * All that leaves in a span. A list of what may leave, since a library may add attributes: that for requests writes whole
 * URLs, in which tokens and addresses stand.
 */
const allowed: ReadonlySet<string> = new Set([
  'broker.destination_type',
  'broker.event_type',
  'broker.outcome',
  'broker.request_id',
  'broker.run_id',
  'error.type',
  'faas.name',
  'faas.trigger',
  'http.request.method',
  'http.response.status_code',
  'server.address',
  'server.port',
  'url.scheme',
]);

/** Longer than any name or id of ours. */
const longestValue = 128;

/** Whether a value can be what it should be: no text of a person has a place here, and no mail address. */
const isPlain = (value: AttributeValue | undefined): boolean =>
  typeof value === 'number' ||
  typeof value === 'boolean' ||
  (typeof value === 'string' && value.length <= longestValue && !value.includes('@') && redact(value) === value);

/** Pure. */
export const cleanAttributes = (attributes: Attributes): Attributes =>
  Object.fromEntries(Object.entries(attributes).filter(([name, value]) => allowed.has(name) && isPlain(value)));

/** The span with its time, its place and its clean attributes alone. Events and messages hold what servers said. Pure. */
export function cleanSpan(span: ReadableSpan): ReadableSpan {
  return {
    name: span.name,
    kind: span.kind,
    spanContext: () => span.spanContext(),
    ...(span.parentSpanContext === undefined ? {} : { parentSpanContext: span.parentSpanContext }),
    startTime: span.startTime,
    endTime: span.endTime,
    duration: span.duration,
    ended: span.ended,
    status: { code: span.status.code },
    attributes: cleanAttributes(span.attributes),
    links: [],
    events: [],
    resource: span.resource,
    instrumentationScope: span.instrumentationScope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

/** Hands clean spans on. */
export const cleaning = (exporter: SpanExporter): SpanExporter => ({
  export: (spans, done) => exporter.export(spans.map(cleanSpan), done),
  shutdown: () => exporter.shutdown(),
  forceFlush: async () => exporter.forceFlush?.(),
});

import {
  context,
  ROOT_CONTEXT,
  SpanStatusCode,
  type SpanKind as TheirKind,
  type Tracer as TheirTracer,
  TraceFlags,
  SpanKind as theirKinds,
  trace,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { TraceContext } from '../domain/traceparent.ts';
import type { SpanKind, Tracer, tracedAt } from '../trace.ts';
import { cleaning } from './clean-spans.ts';
import { samplerOf } from './sampler.ts';

/**
 * What this file needs of the app. Handed over and not imported: it is bundled apart, and would get copies, with a
 * state of their own, of everything it imports by value.
 */
export interface TelemetryParts {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Of this build. */
  readonly version: string;
  readonly tracedAt: typeof tracedAt;
}

/** What traces, once it is loaded. */
export interface Telemetry {
  readonly tracer: Tracer;
  /** Sends what is left, and ends. Never rejects. */
  stop(): Promise<void>;
}

const kinds: Readonly<Record<SpanKind, TheirKind>> = {
  server: theirKinds.SERVER,
  consumer: theirKinds.CONSUMER,
  internal: theirKinds.INTERNAL,
};

/** Spans go out together so often; the specification's default (OTEL_BSP_SCHEDULE_DELAY). */
const delayMs = 5_000;

/**
 * Traces the work of the broker and its HTTP requests, and sends the spans by OTLP over HTTP to where the OTEL_ settings
 * say: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/ . No header of ours goes along
 * with requests to others: what Microsoft and NocoBase are asked stays the same.
 */
export function startOpenTelemetry({ environment, version, tracedAt }: TelemetryParts): Telemetry {
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'nocobase-mail-broker', 'service.version': version }).merge(
      detectResources({ detectors: [envDetector] }),
    ),
    sampler: samplerOf(environment),
    spanProcessors: [
      new BatchSpanProcessor({
        // Reads its own settings: endpoint, headers, time-out, compression, certificates.
        exporter: cleaning(new OTLPTraceExporter()),
        scheduledDelayMillis: Number(environment.OTEL_BSP_SCHEDULE_DELAY) || delayMs,
      }),
    ],
  });
  const contexts = new AsyncLocalStorageContextManager().enable();
  context.setGlobalContextManager(contexts);
  const requests = new UndiciInstrumentation({ requireParentforSpans: true });
  requests.setTracerProvider(provider);
  return {
    tracer: tracerOf(provider.getTracer('nocobase-mail-broker', version), tracedAt),
    async stop() {
      requests.disable();
      await provider.shutdown().catch(() => undefined);
      context.disable();
    },
  };
}

/** The context of what a message of the queue led to: the span that sent the message, maybe in another process. */
const remote = ({ traceId, spanId, isSampled }: TraceContext) =>
  trace.setSpanContext(ROOT_CONTEXT, {
    ...{ traceId, spanId, isRemote: true },
    traceFlags: isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
  });

function tracerOf(tracer: TheirTracer, at: TelemetryParts['tracedAt']): Tracer {
  return (name, kind, facts, work, cause) => {
    const around = cause === undefined ? context.active() : remote(cause);
    const span = tracer.startSpan(name, { kind: kinds[kind], attributes: facts }, around);
    const within = trace.setSpan(around, span);
    const own = {
      say: (more: typeof facts) => void span.setAttributes(more),
      fail: () => void span.setStatus({ code: SpanStatusCode.ERROR }),
    };
    const { traceId, spanId, traceFlags } = span.spanContext();
    const place = { traceId, spanId, isSampled: (traceFlags & TraceFlags.SAMPLED) !== 0 };
    return context
      .with(within, () => at(place, () => work(own)))
      .then(
        (value) => {
          span.end();
          return value;
        },
        (error: unknown) => {
          span.setAttributes({ 'error.type': typeOf(error) });
          span.setStatus({ code: SpanStatusCode.ERROR });
          span.end();
          throw error;
        },
      );
  };
}

/** The code, or the class; what a failure says may hold anything. */
function typeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

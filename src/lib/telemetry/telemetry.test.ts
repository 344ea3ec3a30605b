import { ROOT_CONTEXT, SpanKind } from '@opentelemetry/api';
import { SamplingDecision } from '@opentelemetry/sdk-trace';
import { afterEach, describe, expect, it } from 'vitest';
import { wantsTraces } from '../../functions/jobs/telemetry.ts';
import { traced, traceWith } from '../trace.ts';
import { cleanAttributes } from './clean-spans.ts';
import { samplerOf } from './sampler.ts';

describe('traces are wanted', () => {
  it.each([
    ['without any setting', {}, false],
    ['with an empty address', { OTEL_EXPORTER_OTLP_ENDPOINT: ' ' }, false],
    ['with other settings alone', { OTEL_SERVICE_NAME: 'broker' }, false],
    ['with an address', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318' }, true],
    ['with an address for traces', { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://localhost:4318/v1/traces' }, true],
    ['switched off', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318', OTEL_SDK_DISABLED: 'TRUE' }, false],
  ])('%s: %j gives %s', (_, environment, expected) => {
    expect(wantsTraces(environment)).toBe(expected);
  });
});

describe('what leaves in a span', () => {
  it.each([
    ['a status', { 'http.response.status_code': 404 }, true],
    ['the host that was asked', { 'server.address': 'graph.microsoft.com' }, true],
    ['a whole URL', { 'url.full': 'https://broker.example/api/attachments?token=x' }, false],
    ['a path', { 'url.path': '/v1.0/users/ada@contoso.example/sendMail' }, false],
    ['an attribute that nobody listed', { 'mail.subject': 'Hello' }, false],
    ['an address in a listed one', { 'broker.outcome': 'ada@contoso.example' }, false],
    ['a key in a listed one', { 'error.type': 'nmb_abcdefghijkl_0123456789012345678901234567890123456789012' }, false],
    ['a text of some length', { 'error.type': 'x'.repeat(200) }, false],
  ])('%s', (_, attributes, leaves) => {
    expect(cleanAttributes(attributes)).toEqual(leaves ? attributes : {});
  });
});

describe('the sampler', () => {
  const decides = (environment: Record<string, string>) =>
    samplerOf(environment).shouldSample(ROOT_CONTEXT, `${'f'.repeat(31)}0`, 'poll', SpanKind.INTERNAL, {}, [])
      .decision === SamplingDecision.RECORD_AND_SAMPLED;
  it.each([
    ['takes all unless told otherwise', {}, true],
    ['takes none', { OTEL_TRACES_SAMPLER: 'always_off' }, false],
    ['takes none of its own', { OTEL_TRACES_SAMPLER: 'parentbased_always_off' }, false],
    ['takes a share', { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' }, false],
    [
      'takes all where the share is none',
      { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: 'half' },
      true,
    ],
    ['takes all where it is unknown', { OTEL_TRACES_SAMPLER: 'xray' }, true],
  ])('%s', (_, environment, expected) => {
    expect(decides(environment)).toBe(expected);
  });
});

describe('work without a tracer', () => {
  afterEach(() => traceWith(undefined));

  it('is done as it is', async () => {
    expect(await traced('poll', 'internal', {}, async (span) => span.say({ a: 1 }) ?? 'done')).toBe('done');
  });

  it('is handed to the tracer where there is one', async () => {
    const names: string[] = [];
    traceWith(async (name, _kind, _facts, work) => {
      names.push(name);
      return work({ say: () => undefined, fail: () => undefined });
    });
    expect(await traced('poll', 'internal', {}, async () => 'done')).toBe('done');
    expect(names).toEqual(['poll']);
  });
});

import { ROOT_CONTEXT, SpanKind } from '@opentelemetry/api';
import { SamplingDecision } from '@opentelemetry/sdk-trace';
import { afterEach, describe, expect, it } from 'vitest';
import { wantsTraces } from '../../functions/jobs/telemetry.ts';
import { parseSubscribeHint } from '../bells/subscribe-hint.ts';
import { consoleLog } from '../log.ts';
import { parseSendWakeUp } from '../submissions/types.ts';
import { parseBell, parseWakeUp } from '../sync/state/wake-up.ts';
import { traced, traceOf, traceWith, withTrace } from '../trace.ts';
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

describe('a message of the queue that names its trace', () => {
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  it.each([
    ['a wake-up', { v: 1, kind: 'shard', shard: 1, tick: 7, cont: 0, why: 'tick' }, parseWakeUp],
    ['a bell', { v: 1, kind: 'bell', mailbox: 'mbx_0001_aaaaaaaaaaaaaaaa', tries: 0 }, parseBell],
    ['a lane', { v: 1, kind: 'send', lane: 'l' }, parseSendWakeUp],
    ['a subscription', { v: 1, kind: 'subscribe', mailbox: 'mbx_0001_aaaaaaaaaaaaaaaa' }, parseSubscribeHint],
  ])('%s is read as the same message without it, as older versions read it', (_, message, parse) => {
    expect(parse({ ...message, traceparent })).toEqual(message);
    expect(parse(message)).toEqual(message);
    expect(traceOf({ ...message, traceparent })?.spanId).toBe('00f067aa0ba902b7');
    expect(traceOf(message)).toBeUndefined();
  });
});

describe('work without a tracer', () => {
  afterEach(() => traceWith(undefined));

  it('is done as it is', async () => {
    expect(await traced('poll', 'internal', {}, async (span) => span.say({ a: 1 }) ?? 'done')).toBe('done');
  });

  it('has one id in the log, from what sent a message to the queue to what the message led to', async () => {
    const lines: { event: string; traceId?: string }[] = [];
    const log = consoleLog((_level, line) => lines.push(JSON.parse(line)));
    const message = await traced('dispatch', 'consumer', {}, async () => {
      log.info('dispatch.finished');
      return JSON.stringify(withTrace({ v: 1, kind: 'shard', shard: 1, tick: 7, cont: 0, why: 'tick' }));
    });
    const received: unknown = JSON.parse(message);
    const inside = () => traced('poll', 'internal', {}, async () => log.info('delivery.deferred'));
    await traced('work', 'consumer', {}, inside, traceOf(received));
    // What another cause led to is found by another id.
    await traced('work', 'consumer', {}, inside, traceOf({ v: 1 }));
    const [sent, led, other] = lines.map(({ traceId }) => traceId);
    expect(sent).toMatch(/^[0-9a-f]{32}$/);
    expect(led).toBe(sent);
    expect(other).toMatch(/^[0-9a-f]{32}$/);
    expect(other).not.toBe(sent);
    expect(withTrace({ v: 1 })).toEqual({ v: 1 });
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

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MailServer } from '../local/mail/stand-ins.ts';
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from './support/otlp.ts';
import { eventually, startWorld, type World } from './support/world.ts';

// The deployed bundle sends its traces to a receiver that reads them off the wire.
const ada = 'ada@contoso.example';
const subject = 'Quarterly numbers, in confidence';

/** A span and those that it stands in, as far as they have come. */
function upwards(span: ReceivedSpan, byId: ReadonlyMap<string, ReceivedSpan>): ReceivedSpan[] {
  const parent = byId.get(span.parentId);
  return parent === undefined ? [span] : [span, ...upwards(parent, byId)];
}

describe('with OTEL_EXPORTER_OTLP_ENDPOINT', () => {
  let receiver: OtlpReceiver;
  let world: World;

  beforeAll(async () => {
    receiver = await startOtlpReceiver();
    world = await startWorld({
      given: {
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
        OTEL_EXPORTER_OTLP_HEADERS: 'x-api-key=collector-key',
        OTEL_BSP_SCHEDULE_DELAY: '50',
        OTEL_SERVICE_NAME: 'broker-of-contoso',
      },
    });
    await world.connect(ada);
    const imap = world.standIns.imap as MailServer;
    await imap.deliver(ada, `From: grace@fabrikam.example\r\nSubject: ${subject}\r\n\r\nHello Ada\r\n`);
    await eventually('the mail to arrive', async () => {
      await world.poll();
      const events = await fetch(`${world.services.stack.events}?type=message.received`);
      return JSON.stringify(await events.json()).includes(subject) || undefined;
    });
    await world.api('GET', 'mailboxes/nobody');
    await eventually('the spans of it all', () => {
      const names = new Set(receiver.spans.map(({ name }) => name));
      return ['dispatch', 'poll', 'deliver', 'GET mailbox'].every((name) => names.has(name)) || undefined;
    });
  });
  afterAll(async () => {
    await world?.stop();
    await receiver?.stop();
  });

  it('sends spans of the requests, jobs and deliveries, by the settings of the specification', () => {
    expect(new Set(receiver.requests.map(({ path }) => path))).toEqual(new Set(['/v1/traces']));
    expect(receiver.requests[0]?.headers).toMatchObject({
      'content-type': 'application/x-protobuf',
      'x-api-key': 'collector-key',
    });
    for (const { resource } of receiver.spans) expect(resource['service.name']).toBe('broker-of-contoso');
    const missing = receiver.spans.find(
      ({ name, attributes }) => name === 'GET mailbox' && attributes['http.response.status_code'] === 404,
    );
    expect(missing).toMatchObject({
      parentId: '',
      attributes: { 'faas.name': 'mailbox', 'http.request.method': 'GET' },
    });
  });

  it('puts a delivery and its request under the run that made them and the tick that woke it, in one trace', async () => {
    const way = await eventually('the spans around a delivery', () => {
      const byId = new Map(receiver.spans.map((span) => [span.spanId, span]));
      const posted = receiver.spans.filter(
        ({ name, parentId }) => name === 'POST' && byId.get(parentId)?.name === 'deliver',
      );
      return posted.map((span) => upwards(span, byId)).find((spans) => spans.at(-1)?.parentId === '');
    });
    // One shard, and no notifications of new mail: the process of the timer runs it.
    expect(way.map(({ name }) => name)).toEqual(['POST', 'deliver', 'poll', 'dispatch']);
    expect(new Set(way.map(({ traceId }) => traceId)).size).toBe(1);
    expect(way[1]?.attributes).toMatchObject({ 'broker.outcome': 'accepted', 'broker.destination_type': 'webhook' });
  });

  it('leads from a line of the log to its trace', () => {
    const traces = new Set(receiver.spans.map(({ traceId }) => traceId));
    const logged = [...world.output().matchAll(/traceId: ([0-9a-f]{32})/g)].map(([, id]) => id);
    expect(logged.length).toBeGreaterThan(0);
    expect(logged.some((id) => traces.has(id ?? ''))).toBe(true);
  });

  it('sends no address, no subject, no secret and no part of a URL that could hold one', () => {
    const text = receiver.text();
    const secrets = [
      world.services.stack.adminKey,
      world.services.stack.webhookSecret,
      ...(world.standIns.vault?.live('client-secret') ?? []),
    ];
    for (const word of [ada, 'fabrikam', subject, 'Hello Ada', 'url.full', 'url.path', 'url.query', ...secrets]) {
      expect(text, word).not.toContain(word);
    }
    for (const { attributes, events, statusMessage } of receiver.spans) {
      expect(JSON.stringify(attributes)).not.toContain('@');
      expect([events, statusMessage]).toEqual([0, '']);
    }
  });
});

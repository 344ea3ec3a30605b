import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeCertificates } from '../../../local/certificates.ts';
import type { TokenFacts } from '../../../local/entra/stand-in.ts';
import { startGraph } from '../../../local/graph/graph.ts';
import type { GraphStandIn } from '../../../local/graph/stand-in.ts';
import { sendingMailbox as mailbox } from '../../../test/support/rows.ts';
import { createGraphCalendar } from './graph-calendar.ts';
import type { GraphPorts } from './graph-request.ts';

const ada = mailbox.address;
// A UID may hold anything, an apostrophe among it.
const uid = "040000008200E00074C5B7101A82E008'0000";

describe('the calendar at Graph', () => {
  let folder: string;
  let graph: GraphStandIn;

  const introspect = async (token: string): Promise<TokenFacts> => ({
    ...{ username: ada, oid: 'ada', tid: '', roles: [], expiresAt: new Date(Date.now() + 3_600_000) },
    ...{
      audience: 'https://graph.microsoft.com',
      scopes: token === 'calendar' ? ['x/Calendars.ReadWrite'] : ['x/Mail.Send'],
    },
  });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'calendar-'));
    const certificates = await makeCertificates(folder);
    const users = [{ address: ada, name: 'Ada', oid: 'ada' }];
    graph = await startGraph({ certificates, entra: { introspect }, users, tenant: '', addresses: [ada] });
  });
  afterEach(() => graph.heal());
  afterAll(async () => {
    await graph.stop();
    await rm(folder, { recursive: true });
  });

  const answer = (
    how: 'accepted' | 'tentative' | 'declined',
    {
      of = uid,
      token = async () => 'calendar',
      from = mailbox,
    }: { of?: string; token?: GraphPorts['token']; from?: typeof mailbox } = {},
  ) =>
    createGraphCalendar({ url: graph.url }, { fetch, now: () => 0, token }).answer(
      from,
      { uid: of, answer: how, comment: 'See you.' },
      new AbortController().signal,
    );

  it.each([
    ['accepted', 'accepted'],
    ['tentative', 'tentativelyAccepted'],
    ['declined', 'declined'],
  ] as const)(
    'has an invitation %s, and the organizer told once, however often that is asked',
    async (how, response) => {
      const event = graph.events.put(ada, `${uid}-${how}`);
      expect(await answer(how, { of: event.iCalUId })).toBe(true);
      expect(await answer(how, { of: event.iCalUId })).toBe(true);
      expect(event).toMatchObject({ response, told: [{ response, comment: 'See you.' }] });
    },
  );

  it('leaves it to a mail where it has no such event, or two', async () => {
    expect(await answer('accepted', { of: 'unknown' })).toBe(false);
    graph.events.put(ada, 'twice');
    graph.events.put(ada, 'twice');
    expect(await answer('accepted', { of: 'twice' })).toBe(false);
  });

  it('leaves it to a mail where the permission was not granted, or is taken back', async () => {
    const event = graph.events.put(ada, uid);
    expect(await answer('accepted', { token: async () => undefined })).toBe(false);
    expect(await answer('accepted', { token: async () => 'mail' })).toBe(false);
    expect(event.told).toEqual([]);
  });

  it('does not open the calendar of a shared mailbox, which would need another permission', async () => {
    const before = graph.requests();
    expect(await answer('accepted', { from: { ...mailbox, shared: true } })).toBe(false);
    expect(graph.requests()).toBe(before);
  });

  it('says that nobody knows where the connection breaks; the same again answers once', async () => {
    const event = graph.events.put(ada, 'lost');
    graph.fail({ verb: 'other', answer: 'truth, then close', times: 2 });
    await expect(answer('accepted', { of: 'lost' })).rejects.toMatchObject({ code: 'graph_unreachable' });
    graph.heal();
    expect(await answer('accepted', { of: 'lost' })).toBe(true);
    expect(event.told.length).toBe(1);
    graph.fail({ verb: 'other', status: 429, code: 'ApplicationThrottled', retryAfterSeconds: 7 });
    await expect(answer('declined', { of: 'lost' })).rejects.toMatchObject({ retry: { afterMs: 7_000 } });
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { memoryStore } from '../../../../test/support/memory-store.ts';
import { type NocobaseApi, startNocobaseApi } from '../../../../test/support/nocobase-api.ts';
import { memorySealer } from '../../../../test/support/sealer.ts';
import { createRenderer } from '../../delivery/events/render.ts';
import { createCollection } from '../../delivery/nocobase/collection.ts';
import { loadSanitizer } from '../../delivery/sanitize/sanitize.ts';
import { systemClock } from '../../domain/system.ts';
import { consoleLog } from '../../log.ts';
import { createOutbound, type Outbound } from '../../outbound/outbound.ts';
import { createDestinationRows } from '../../store/destinations/destinations.ts';
import { destinationsCheck } from './destinations.ts';
import type { Finding } from './types.ts';

// The check on a NocoBase that is whole, and with one thing after the other that is wrong.
const id = 'dst_0123456789ab';
let api: NocobaseApi;
let outbound: Outbound;

beforeEach(async () => {
  api = await startNocobaseApi();
  outbound = createOutbound({
    inAzure: false,
    privateDestinations: [{ host: api.host, network: '127.0.0.0/8' }],
    timeoutMs: 300,
  });
});
afterEach(async () => {
  await outbound.close();
  api.stop();
});

async function look(given: { token?: string; url?: string; paused?: boolean } = {}): Promise<Finding[]> {
  const rows = createDestinationRows({ store: memoryStore(systemClock), sealer: memorySealer().sealer });
  const config = {
    id,
    ...({ type: 'collection', name: 'NocoBase', url: given.url ?? api.url, auth: 'bearer' } as const),
    collections: { messages: 'mail_messages', accounts: 'mail_accounts', outbox: 'mail_outbox' },
    ...{ rawHtml: false, paused: given.paused ?? false, signingSince: [] },
    ...{ createdAt: new Date(), updatedAt: new Date() },
  };
  await rows.insert(config, { signing: [], auth: { kind: 'bearer', token: given.token ?? api.token } });
  const renderer = createRenderer({ log: consoleLog(() => undefined), loadSanitizer });
  const collection = createCollection({ outbound, clock: systemClock, renderer });
  const examine = async (...args: Parameters<NonNullable<typeof collection.examine>>) => {
    const outcome = await collection.examine?.(...args);
    return outcome ?? ({ kind: 'accepted', status: 200 } as const);
  };
  const found: Finding[] = [];
  const access = { isLimited: false, mailbox: () => true, destination: () => true };
  const check = destinationsCheck({ rows, deliverer: { examine } });
  await check.run((each) => found.push(each), new AbortController().signal, access);
  return found;
}

describe('the check of a destination', () => {
  it('finds a NocoBase that is fit', async () => {
    expect(await look()).toMatchObject([{ status: 'ok', subject: id }]);
  });

  it.each<[string, () => Parameters<typeof look>[0], string]>([
    ['that does not take the API key', () => ({ token: 'wrong' }), 'destination_unauthorised'],
    [
      'whose role may change nothing',
      () => {
        api.forbidden.add('update');
        return {};
      },
      'destination_role_may_not_update',
    ],
    [
      'without the collection of the mail',
      () => {
        delete api.collections.mail_messages;
        return {};
      },
      'destination_unfit',
    ],
    [
      'that is a website',
      () => {
        api.override = () => ({ status: 200, body: '<!doctype html>', type: 'text/html' });
        return {};
      },
      'destination_answer_unexpected',
    ],
    [
      'that is out of order',
      () => {
        api.override = () => ({ status: 503, body: '' });
        return {};
      },
      'destination_busy',
    ],
    [
      'that never answers',
      () => {
        api.override = () => 'silence';
        return {};
      },
      'destination_timeout',
    ],
    [
      'that is gone',
      () => {
        api.stop();
        return {};
      },
      'destination_unreachable',
    ],
  ])('names what is wrong with one %s', async (_, spoil, code) => {
    expect(await look(spoil())).toMatchObject([{ status: 'fail', subject: id, code }]);
  });

  it('asks none that is paused, and says that its mail waits', async () => {
    expect(await look({ paused: true })).toMatchObject([{ status: 'warn', subject: id }]);
    expect(api.requests).toEqual([]);
  });
});

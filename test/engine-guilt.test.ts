import { createServer } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Listener, listen } from '../local/listen.ts';
import { createDeliverer } from '../src/lib/delivery/deliverer.ts';
import { createDestinationFacts } from '../src/lib/delivery/destination-facts.ts';
import { newSigningSecret } from '../src/lib/delivery/webhook/sign.ts';
import { systemClock, systemRandom } from '../src/lib/domain/system.ts';
import { BrokerError } from '../src/lib/errors.ts';
import { createOutbound, type Outbound } from '../src/lib/outbound/outbound.ts';
import { createDestinationRows, type DestinationRows } from '../src/lib/store/destinations/destinations.ts';
import type { MailboxRow } from '../src/lib/store/rows/rows.ts';
import type { ShardRunnerDeps } from '../src/lib/sync/state/types.ts';
import { type EngineWorld, engineWorld } from './support/engine-world.ts';
import { memoryStore } from './support/memory-store.ts';
import { type NocobaseApi, startNocobaseApi } from './support/nocobase-api.ts';
import { memorySealer } from './support/sealer.ts';

/** The destination of every mailbox in this world. */
const destination = 'dst_abcdefghijkl';

interface Posted {
  readonly type: string;
  readonly subject: string;
  readonly text: unknown;
  readonly status: number | 'hangs';
}

let world: EngineWorld;
let rows: DestinationRows;
let outbound: Outbound;
let listener: Listener;
let deps: Partial<ShardRunnerDeps>;
/** What arrived, in order. */
let posted: Posted[];
let answer: (event: { type: string; subject: string; text: unknown }) => number | 'hangs';

/** The engine, the deliverer, its holds and its receiver, each as it is; mailboxes and tables are in memory, for days go by. */
beforeEach(async () => {
  world = engineWorld(memoryStore(systemClock));
  posted = [];
  answer = () => 200;
  listener = await listen(
    createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      const { type, data } = JSON.parse(body);
      const subject = String(data.subject ?? '');
      const status = answer({ type, subject, text: data.text });
      posted.push({ type, subject, text: data.text, status });
      if (status !== 'hangs') response.writeHead(status).end();
    }),
    'a receiver',
  );
  const host = `127.0.0.1:${listener.port}`;
  rows = createDestinationRows({ store: world.store, sealer: memorySealer().sealer });
  const now = world.now();
  await rows.insert(
    {
      id: destination,
      type: 'webhook',
      name: 'NocoBase',
      url: `http://${host}/`,
      rawHtml: false,
      paused: false,
      collections: undefined,
      auth: 'none',
      signingSince: [now],
      createdAt: now,
      updatedAt: now,
    },
    { signing: [newSigningSecret(systemRandom)], auth: { kind: 'none' } },
  );
  const privateDestinations = [{ host, network: '127.0.0.0/8' }];
  // What hangs is waited for so long; what answers on a busy machine takes less.
  outbound = createOutbound({ inAzure: false, privateDestinations, timeoutMs: 1_000 });
  const { clock } = world.time;
  const shared = { rows, time: world.store.time, clock, random: systemRandom };
  deps = {
    deliverer: createDeliverer({ ...shared, outbound, log: world.log }),
    destinations: createDestinationFacts(shared),
  };
});
afterEach(async () => {
  await outbound.close();
  await listener.stop();
});

const inbox = (who: string, path = 'INBOX') => world.mail.mailbox(`${who}@contoso.example`).folder(path);
const connect = (who: string, paths?: readonly string[]) => world.connectMailbox(`${who}@contoso.example`, paths);
const poll = () => world.poll(deps);
const stateOf = async () => (await rows.readState(destination)).state;
const accepted = (type = 'message.received') =>
  posted.filter((each) => each.type === type && each.status === 200).map(({ subject }) => subject);
const tried = (subject: string) => posted.filter((each) => each.subject === subject);
const rowsOf = async (kind: string) => (await world.mailRows()).filter((key) => key.startsWith(`${kind}!`));
const hours = (count: number) => count * 3_600_000;

/** A poll an hour on, however often: hold and back-off have passed by then. */
const pollHours = async (count: number) => {
  for (let n = 0; n < count; n++) {
    world.time.pass(hours(1));
    await poll();
  }
};

describe('the probe of a hold', () => {
  it('is another message than the one that failed, so that one that always hangs does not hold up the others', async () => {
    await connect('ada');
    await connect('bea');
    await poll();
    answer = ({ subject }) => (subject === 'hangs' ? 'hangs' : 200);
    inbox('ada').add('hangs');
    await poll();
    expect(posted.map(({ subject }) => subject)).toEqual(['', '', 'hangs']);
    for (let n = 1; n <= 3; n++) {
      inbox('bea').add(`bea ${n}`);
      const before = posted.length;
      await poll();
      // The other one goes first and ends the hold. Only then is the failed one tried, if the hold had ended when it came.
      const [first, ...others] = posted.slice(before).map(({ subject }) => subject);
      expect(first).toBe(`bea ${n}`);
      expect(others.filter((subject) => subject !== 'hangs')).toEqual([]);
    }
    expect(accepted()).toEqual(['bea 1', 'bea 2', 'bea 3']);
  });

  it('is the message that failed where there is nothing else, with every poll that is due', async () => {
    await connect('ada');
    await poll();
    answer = ({ type }) => (type === 'message.received' ? 503 : 200);
    inbox('ada').add('alone');
    await poll();
    await poll();
    await poll();
    expect(tried('alone')).toHaveLength(3);
    answer = () => 200;
    await poll();
    expect(accepted()).toEqual(['alone']);
    expect((await stateOf()).heldSince).toBeUndefined();
  });

  it('is the message that failed if that is in the retry queue and there is nothing else', async () => {
    await connect('ada');
    await poll();
    answer = ({ subject }) => (subject === 'alone' ? 422 : 200);
    inbox('ada').add('alone');
    for (let n = 0; (await rowsOf('d')).length === 0 && n < 20; n++) await poll();
    expect(await rowsOf('d')).toHaveLength(1);
    answer = ({ subject }) => (subject === 'alone' ? 503 : 200);
    await pollHours(1);
    expect((await stateOf()).heldSince).toBeDefined();
    answer = () => 200;
    await pollHours(2);
    expect(accepted()).toEqual(['alone']);
    expect(await rowsOf('d')).toEqual([]);
    expect((await stateOf()).heldSince).toBeUndefined();
  });

  it('is a message of another folder, but never one behind the head', async () => {
    await connect('ada', ['INBOX', 'Archive']);
    await poll();
    answer = ({ subject }) => (subject === 'hangs' ? 'hangs' : 200);
    inbox('ada').add('hangs');
    inbox('ada').add('behind it');
    await poll();
    inbox('ada', 'Archive').add('elsewhere');
    const before = posted.length;
    await poll();
    expect(posted.slice(before).map(({ subject }) => subject)).toEqual(['elsewhere', 'hangs']);
    expect(tried('behind it')).toEqual([]);
  });
});

describe('a message that always times out', () => {
  it('is convicted in the end, by what is accepted between its failures, and only it', async () => {
    await connect('ada');
    await connect('bea');
    await poll();
    answer = ({ subject }) => (subject === 'hangs' ? 'hangs' : 200);
    inbox('ada').add('hangs');
    for (let n = 1; n <= 60 && accepted('message.undeliverable').length === 0; n++) {
      inbox('bea').add(`bea ${n}`);
      world.time.pass(240_000);
      await poll();
    }
    expect(accepted('message.undeliverable')).toHaveLength(1);
    expect(await rowsOf('x')).toHaveLength(1);
    inbox('bea').add('the last');
    await pollHours(2);
    expect(accepted().at(-1)).toBe('the last');
    expect((await stateOf()).heldSince).toBeUndefined();
  }, 120_000);
});

describe('a message whose text alone is too much', () => {
  it.each([['hangs' as const], [524]])(
    'a text too large for its receiver (%s) is left out after three counted failures',
    async (status) => {
      await connect('ada');
      await connect('bea');
      await poll();
      answer = ({ subject, text }) => (subject === 'heavy' && text !== null ? status : 200);
      inbox('ada').add('heavy');
      for (let n = 1; n <= 60 && !accepted().includes('heavy'); n++) {
        inbox('bea').add(`bea ${n}`);
        world.time.pass(240_000);
        await poll();
      }
      expect(tried('heavy').at(-1)).toMatchObject({ status: 200, text: null });
      expect(tried('heavy').length).toBeGreaterThan(3);
      expect(await rowsOf('x')).toEqual([]);
    },
  );
});

describe('three that are given up in a row', () => {
  it('hold their destination, until it accepts something', async () => {
    const mailboxes = [await connect('ada'), await connect('bea'), await connect('cy')];
    await connect('dora');
    await poll();
    answer = ({ subject }) => (subject.startsWith('bad') ? 422 : 200);
    for (const who of ['ada', 'bea', 'cy']) inbox(who).add(`bad ${who}`);
    const isDueNext = async (mailbox: MailboxRow) => {
      const at = (await world.cursor(mailbox))?.retryAt?.getTime();
      return at !== undefined && at <= world.now().getTime() + 65_000;
    };
    for (let n = 1; n <= 120 && (await rowsOf('x')).length < 3; n++) {
      // Others are accepted between their failures, and not between their deaths.
      if (!(await Promise.all(mailboxes.map(isDueNext))).includes(true)) inbox('dora').add(`dora ${n}`);
      answer = ({ type, subject }) =>
        subject.startsWith('bad') ? 422 : type === 'message.undeliverable' ? 'hangs' : 200;
      await poll();
    }
    expect(await rowsOf('x')).toHaveLength(3);
    const held = await stateOf();
    expect(held).toMatchObject({ deadInRow: 3, heldByDead: true, reason: 'destination_refused_message' });
    expect(held.heldSince).toBeInstanceOf(Date);
    // That it refuses one more does not end such a hold.
    answer = () => 422;
    inbox('dora').add('refused');
    await pollHours(2);
    expect(await stateOf()).toMatchObject({ heldByDead: true, deadInRow: 3 });
    answer = () => 200;
    await pollHours(3);
    expect(accepted()).toContain('refused');
    expect(await stateOf()).toMatchObject({ heldSince: undefined, deadInRow: 0, heldByDead: false });
    expect(accepted('message.undeliverable')).toHaveLength(3);
  }, 180_000);
});

describe('a receiver that takes nothing for a day', () => {
  it.each([
    ['whose role was revoked', 403],
    ['whose key was deleted', 401],
    ['that fails on everything', 500],
    ['that refuses everything', 422],
  ])(
    '%s gets everything afterwards, with its text, and nothing was given up',
    async (_what, status) => {
      await connect('ada');
      await connect('bea');
      await poll();
      inbox('ada').add('before');
      await poll();
      answer = () => status;
      const wanted = ['before'];
      for (let hour = 1; hour <= 24; hour++) {
        for (const who of hour <= 5 ? ['ada', 'bea'] : []) {
          inbox(who).add(`${who} ${hour}`);
          wanted.push(`${who} ${hour}`);
        }
        await pollHours(1);
      }
      expect(await rowsOf('x')).toEqual([]);
      expect(accepted()).toEqual(['before']);
      answer = () => 200;
      await pollHours(4);
      expect(accepted().toSorted()).toEqual(wanted.toSorted());
      expect(
        posted.filter(({ status: told, text, type }) => told === 200 && type === 'message.received' && text === null),
      ).toEqual([]);
      expect(await rowsOf('x')).toEqual([]);
      expect(await rowsOf('d')).toEqual([]);
    },
    120_000,
  );

  it.each([
    ['may not make records any more', 403],
    ['fails on every new mail', 500],
    ['has a rule that no mail meets', 422],
  ])(
    '%s and takes everything else gives up no mail, and gets all of it with its text afterwards',
    async (_what, status) => {
      await connect('ada');
      await connect('bea');
      await poll();
      const uid = inbox('bea').add('before');
      await poll();
      answer = ({ type }) => (type === 'message.received' ? status : 200);
      const wanted = ['before'];
      for (let minute = 0; minute < 8 * 60; minute += 5) {
        if (minute < 60) {
          inbox('ada').add(`ada ${minute}`);
          wanted.push(`ada ${minute}`);
        }
        // Its owner keeps reading, and events are sent.
        inbox('bea').mark(uid, { seen: minute % 10 === 0 });
        world.time.pass(4 * 60_000);
        await poll();
      }
      // While it is held for its mail, flags are looked at only when an event has ended that for a moment.
      expect(accepted('message.updated').length).toBeGreaterThan(2);
      expect(await rowsOf('x')).toEqual([]);
      expect(accepted()).toEqual(['before']);
      answer = () => 200;
      await pollHours(4);
      expect(accepted().toSorted()).toEqual(wanted.toSorted());
      expect(
        posted.filter(({ status: told, text, type }) => told === 200 && type === 'message.received' && text === null),
      ).toEqual([]);
    },
    120_000,
  );

  it('has its heads moved out of the way after 10, 20 and 40 minutes', async () => {
    const mailbox = await connect('ada');
    await poll();
    answer = () => 503;
    for (let n = 1; n <= 4; n++) inbox('ada').add(`head ${n}`);
    const moved: number[] = [];
    for (let minute = 0; minute <= 100; minute++) {
      const before = (await stateOf()).headsMoved;
      await poll();
      if ((await stateOf()).headsMoved > before) moved.push(minute);
    }
    const waits = moved.map((minute, index) => minute - (moved[index - 1] ?? 0));
    // A probe is due every five minutes at most, with a fifth of jitter; a head fails only when it is the probe.
    for (const [index, limit] of [10, 20, 40].entries()) {
      expect(waits[index]).toBeGreaterThanOrEqual(limit);
      expect(waits[index]).toBeLessThanOrEqual(limit + 16);
    }
    expect(await rowsOf('x')).toEqual([]);
    expect(await world.cursor(mailbox)).toMatchObject({ retries: moved.length });
  }, 120_000);
});

describe('a proxy that answers in place of its receiver for an hour', () => {
  const minutes = 60;

  it.each([
    ['Cloudflare, which finds no server', 530],
    ['Cloudflare, which gets nonsense from it', 520],
    ['nginx, which was left', 499],
    ['a load balancer, which waited for too long', 408],
    ['a hosting provider, which took it down', 410],
    ['a proxy, which wants a password', 407],
    ['a server that is misdirected', 421],
  ])(
    '%s (%i), costs no mail, no text and few requests, and is told once',
    async (_what, status) => {
      await connect('ada', ['INBOX', 'Archive']);
      await connect('bea');
      await poll();
      inbox('ada').add('before');
      await poll();
      answer = () => status;
      const before = posted.length;
      const wanted = ['before'];
      for (let minute = 0; minute < minutes; minute++) {
        if (minute % 10 === 0) {
          for (const [who, path] of [
            ['ada', 'INBOX'],
            ['ada', 'Archive'],
            ['bea', 'INBOX'],
          ] as const) {
            inbox(who, path).add(`${who} ${path} ${minute}`);
            wanted.push(`${who} ${path} ${minute}`);
          }
        }
        await poll();
        // With the first probe after a quarter of an hour.
        if (minute < 13 || minute > 22) expect((await stateOf()).told).toBe(minute > 22);
      }
      // Each minute at first, then every five.
      expect(posted.length - before).toBeLessThan(25);
      expect(await stateOf()).toMatchObject({ heldSince: expect.any(Date), status });
      expect(world.logged.filter(({ event }) => event === 'destination.held_long')).toMatchObject([
        { fields: { status } },
      ]);
      // Only heads that held up their folder for long went out of the way, ever fewer.
      expect((await rowsOf('d')).length).toBeLessThanOrEqual(3);
      answer = () => 200;
      for (let minute = 0; minute < 8; minute++) await poll();
      expect(accepted().toSorted()).toEqual(wanted.toSorted());
      expect(posted.filter(({ text, type }) => type === 'message.received' && text === null)).toEqual([]);
      expect(await rowsOf('x')).toEqual([]);
      expect(await rowsOf('d')).toEqual([]);
    },
    120_000,
  );
});

describe('a proxy in front of collections of NocoBase', () => {
  let nocobase: NocobaseApi;
  let away: Outbound;
  beforeEach(async () => {
    nocobase = await startNocobaseApi();
    away = createOutbound({
      inAzure: false,
      privateDestinations: [{ host: nocobase.host, network: '127.0.0.0/8' }],
    });
    const id = 'dst_collection00';
    const now = world.now();
    const collections = { messages: 'mail_messages', accounts: 'mail_accounts', outbox: 'mail_outbox' };
    const config = {
      id,
      type: 'collection',
      name: 'NocoBase',
      url: nocobase.url,
      collections,
      auth: 'bearer',
    } as const;
    await rows.insert(
      { ...config, rawHtml: false, paused: false, signingSince: [], createdAt: now, updatedAt: now },
      { signing: [], auth: { kind: 'bearer', token: nocobase.token } },
    );
    const shared = { rows, time: world.store.time, clock: world.time.clock, random: systemRandom };
    deps = { ...deps, deliverer: createDeliverer({ ...shared, outbound: away, log: world.log }) };
    for (const who of ['ada', 'bea']) {
      await world.connectMailbox(`${who}@contoso.example`, ['INBOX'], { destinationId: id });
    }
    await poll();
  });
  afterEach(async () => {
    await away.close();
    nocobase.stop();
  });

  it.each([530, 499, 408])('costs no mail, no text and few requests if it answers %i for an hour', async (status) => {
    const proxy = { status, body: '<html><h1>Error</h1></html>', type: 'text/html' };
    nocobase.override = () => proxy;
    const before = nocobase.requests.length;
    const wanted: string[] = [];
    for (let minute = 0; minute < 60; minute++) {
      for (const who of ['ada', 'bea']) {
        inbox(who).add(`${who} ${minute}`);
        wanted.push(`${who} ${minute}`);
      }
      await poll();
    }
    // Two mailboxes and a window of eight mails meet it at once before it is known to be away.
    expect(nocobase.requests.length - before).toBeLessThan(25 + 2 * 8);
    expect((await rowsOf('d')).length).toBeLessThanOrEqual(3);
    expect(world.logged.filter(({ event }) => event === 'destination.held_long')).toHaveLength(1);
    nocobase.override = undefined;
    for (let minute = 0; minute < 8; minute++) await poll();
    const records = nocobase.collections.mail_messages?.rows ?? [];
    expect(records.map(({ subject }) => subject).toSorted()).toEqual(wanted.toSorted());
    expect(records.every(({ text }) => text !== null)).toBe(true);
    expect([...(await rowsOf('d')), ...(await rowsOf('x'))]).toEqual([]);
  });
});

describe('an event that is refused', () => {
  it('comes back ever more seldom, holds up nothing, and is given up while others are accepted', async () => {
    await connect('ada');
    await poll();
    answer = ({ type }) => (type === 'message.vanished' ? 422 : 200);
    const gone = inbox('ada').add('gone');
    inbox('ada').unanswered.add(gone);
    const refusals = () => posted.filter(({ type }) => type === 'message.vanished').length;
    for (let n = 1; n <= 12 && refusals() === 0; n++) await poll();
    expect(refusals()).toBe(1);
    const polls = 60;
    for (let n = 1; n <= polls; n++) {
      inbox('ada').add(`mail ${n}`);
      await poll();
    }
    // After 1, 2, 5, 10, 20 minutes; not with every one of the 60 polls.
    expect(refusals()).toBeGreaterThan(3);
    expect(refusals()).toBeLessThan(9);
    expect(accepted()).toHaveLength(polls);
    for (let hour = 1; hour <= 12; hour++) {
      inbox('ada').add(`hour ${hour}`);
      await pollHours(1);
    }
    expect(refusals()).toBe(11);
    expect(await rowsOf('o')).toEqual([]);
    expect(world.logged.filter(({ event }) => event === 'outbox.event_given_up')).toMatchObject([
      { fields: { type: 'message.vanished', code: 'destination_refused_message', status: 422 } },
    ]);
  }, 120_000);

  it('keeps what is told of its mailbox later waiting for minutes, not for hours', async () => {
    const mailbox = await connect('ada');
    await connect('bea');
    answer = ({ type }) => (type === 'mailbox.connected' ? 422 : 200);
    await poll();
    const others = async (count: number, more: Partial<ShardRunnerDeps> = {}) => {
      for (let n = 1; n <= count; n++) {
        inbox('bea').add(`bea ${n}`);
        await world.poll({ ...deps, ...more });
      }
    };
    await others(45);
    const token = async ({ id }: MailboxRow) => {
      if (id === mailbox.id) throw new BrokerError('grant_revoked');
      return 'a token';
    };
    await others(45, { token });
    expect(await world.state(mailbox)).toMatchObject({ state: 'reconnect_required' });
    expect(accepted('mailbox.reconnect_required').length).toBeGreaterThan(0);
    expect(accepted('mailbox.connected')).toEqual([]);
  }, 120_000);

  it('is never given up while its destination takes nothing', async () => {
    await connect('ada');
    await poll();
    answer = () => 422;
    const gone = inbox('ada').add('gone');
    inbox('ada').unanswered.add(gone);
    for (let n = 1; n <= 6; n++) await poll();
    await pollHours(48);
    expect(await rowsOf('o')).toHaveLength(1);
    answer = () => 200;
    await pollHours(1);
    expect(accepted('message.vanished')).toHaveLength(1);
    expect(await rowsOf('o')).toEqual([]);
  }, 120_000);
});

import { describe, expect, it } from 'vitest';
import type { Store, Table } from '../src/lib/store/table/table.ts';
import { type EngineWorld, engineWorld, intervalSeconds } from './support/engine-world.ts';
import { accepted, down, refused, subjectOf } from './support/memory-receiver.ts';
import { onMemoryTables } from './support/suite-tables.ts';

let world: EngineWorld;

onMemoryTables((store) => {
  world = engineWorld(store);
});

const ada = 'ada@contoso.example';
const bea = 'bea@contoso.example';
const inbox = (address = ada) => world.mail.mailbox(address).folder('INBOX');
const minutes = (count: number) => count * 60_000;

/** `store` with every call counted. */
function counting(store: Store): { store: Store; calls: string[] } {
  const calls: string[] = [];
  const wrap = (table: Table): Table =>
    new Proxy(table, {
      get(target, name, receiver) {
        const value: unknown = Reflect.get(target, name, receiver);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          calls.push(`${target.name} ${String(name)}`);
          return Reflect.apply(value, target, args);
        };
      },
    });
  return { calls, store: { time: store.time, table: (name) => wrap(store.table(name)) } };
}

describe('a poll', () => {
  it('delivers new mail once, in order, and none that was there before', async () => {
    inbox().add('old');
    await world.connectMailbox(ada);
    inbox().add('one');
    inbox().add('two');
    await world.poll();
    inbox().add('three');
    await world.poll();
    await world.poll();
    expect(world.receiver.subjects()).toEqual(['one', 'two', 'three']);
    expect(world.receiver.ofType('mailbox.connected')).toHaveLength(1);
    expect(world.mail.openSessions()).toBe(0);
  });

  it('takes mail that arrives while it delivers, in this poll or the next', async () => {
    await world.connectMailbox(ada);
    inbox().add('first');
    let more = 3;
    world.receiver.answer = () => {
      if (more-- > 0) inbox().add(`meanwhile ${3 - more}`);
      return accepted;
    };
    await world.poll();
    await world.poll();
    await world.poll();
    await world.poll();
    expect(world.receiver.subjects()).toEqual(['first', 'meanwhile 1', 'meanwhile 2', 'meanwhile 3']);
  });

  it('commits the entry of a message before it posts it', async () => {
    const mailbox = await world.connectMailbox(ada);
    inbox().add('one');
    inbox().add('two');
    const stored: unknown[] = [];
    world.receiver.answer = async (event) => {
      if (event.type !== 'message.received') return accepted;
      const cursor = await world.cursor(mailbox);
      stored.push(
        cursor?.fresh.map(({ uid, posted, accepted }) => [uid, posted, accepted]),
        cursor?.lastUid,
      );
      return accepted;
    };
    await world.poll();
    expect(stored).toEqual([
      [[1, true, false]],
      0,
      [
        [1, true, true],
        [2, true, false],
      ],
      1,
    ]);
    const after = await world.cursor(mailbox);
    expect(after).toMatchObject({ lastUid: 2, acked: [], uidGaps: [] });
  });

  it('asks for nothing but STATUS where nothing is new, and costs three table operations', async () => {
    await world.connectMailbox(ada);
    await world.connectMailbox(bea);
    await world.poll();
    world.mail.commands.length = 0;
    const { store, calls } = counting(world.store);
    await world.poll({ store });
    expect(world.mail.commands).toEqual(['status', 'status']);
    expect(calls).toEqual(['mail list', 'mail replace', 'mail batch']);
  });

  it('works on one tick once, however often it is told', async () => {
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    world.time.pass(minutes(1));
    const wakeUp = world.wakeUp(1);
    inbox().add('one');
    await world.runner().run(wakeUp);
    inbox().add('two');
    await world.runner().run(wakeUp);
    expect(world.receiver.subjects()).toEqual(['one']);
    expect((await world.shard(mailbox)).tick).toBe(wakeUp.tick);
    await world.runner().run({ ...wakeUp, why: 'asked' });
    expect(world.receiver.subjects()).toEqual(['one']);
    await world.poll();
    expect(world.receiver.subjects()).toEqual(['one', 'two']);
  });

  it('drops a wake-up that is older than two ticks, and one for a shard that is not there', async () => {
    await world.connectMailbox(ada);
    await world.poll();
    inbox().add('one');
    world.time.pass(minutes(5));
    const { tick } = world.wakeUp(1);
    await world.runner().run(world.wakeUp(1, { tick: tick - 3 }));
    await world.runner().run(world.wakeUp(77));
    expect(world.receiver.subjects()).toEqual([]);
    await world.runner().run(world.wakeUp(1, { tick: tick - 2 }));
    expect(world.receiver.subjects()).toEqual(['one']);
  });

  it('finds all slots due when the ticks become shorter or longer', async () => {
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    inbox().add('one');
    const short = world.runner({ intervalSeconds: 2 });
    await world.store.table('directory').list('dir');
    const tick = Math.floor(world.store.time.whenJudging() / 2000);
    await short.run(world.wakeUp(1, { tick }));
    expect(world.receiver.subjects()).toEqual(['one']);
    const shard = await world.shard(mailbox);
    expect(shard).toMatchObject({ intervalSeconds: 2, tick });
    inbox().add('two');
    await world.poll();
    expect(world.receiver.subjects()).toEqual(['one', 'two']);
    expect((await world.shard(mailbox)).intervalSeconds).toBe(intervalSeconds);
  });

  it('hands back what it has no time for, and continues where it stopped', async () => {
    await world.connectMailbox(ada);
    for (let n = 1; n <= 8; n++) inbox().add(`mail ${n}`);
    // Each delivery takes 10 s: after the fifth or sixth the 45 s of the run are over.
    world.receiver.answer = () => {
      world.time.pass(10_000);
      return accepted;
    };
    await world.poll();
    expect(world.receiver.subjects()).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((n) => `mail ${n}`));
    expect(world.receiver.ofType('mailbox.connected')).toHaveLength(1);
  });

  it('returns the wake-up of its continuation', async () => {
    await world.connectMailbox(ada);
    await world.poll();
    for (let n = 1; n <= 10; n++) inbox().add(`mail ${n}`);
    world.receiver.answer = () => {
      world.time.pass(10_000);
      return accepted;
    };
    world.time.pass(minutes(1));
    const next = await world.runner().run(world.wakeUp(1));
    expect(next).toMatchObject({ v: 1, kind: 'shard', shard: 1, cont: 1, why: 'continue' });
    const done = world.receiver.subjects().length;
    expect(done).toBeGreaterThan(2);
    expect(done).toBeLessThan(10);
    if (next === undefined) throw new Error('no continuation');
    world.receiver.answer = () => accepted;
    expect(await world.runner().run(next)).toBeUndefined();
    expect(world.receiver.subjects()).toEqual(Array.from({ length: 10 }, (_, n) => `mail ${n + 1}`));
  });

  it('lets a backlog of one mailbox delay no other', async () => {
    const addresses = Array.from({ length: 20 }, (_, n) => `user${n}@contoso.example`);
    for (const address of addresses) await world.connectMailbox(address);
    await world.poll();
    for (const address of addresses.slice(0, 16)) for (let n = 0; n < 100; n++) inbox(address).add('backlog');
    for (const address of addresses.slice(16)) inbox(address).add('single');
    await world.poll();
    const subjects = world.receiver.subjects();
    expect(subjects).toHaveLength(16 * 100 + 4);
    // Sixteen mailboxes are worked on at a time; each of them gives way after 50 messages.
    expect(subjects.lastIndexOf('single')).toBeLessThan(16 * 75);
  }, 60_000);

  it('fills the recent messages from what was there, so that a copy is known', async () => {
    for (let n = 1; n <= 250; n++) inbox().add(`old ${n}`);
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    const recent = await world.recent(mailbox);
    expect(recent?.entries).toHaveLength(200);
    expect(recent?.entries.every((entry) => !entry.posted && !entry.accepted)).toBe(true);
    expect(recent?.floor).toBe(recent?.entries[0]?.day);
    expect(world.receiver.subjects()).toEqual([]);
  });
});

describe('a mailbox that could not be reached when it was connected', () => {
  it('begins with what has arrived since', async () => {
    const old = new Date(Date.now() - minutes(60));
    inbox().add({ subject: 'old', internalDate: old });
    inbox().add({ subject: 'older still', internalDate: new Date(old.getTime() - minutes(600)) });
    await world.connect(world.person(ada), {
      folders: [{ path: 'INBOX', role: 'inbox', status: undefined }],
      code: 'imap_unreachable',
    });
    inbox().add('after the connect');
    inbox().add({ subject: 'moved in later, of old date', internalDate: old });
    await world.poll();
    await world.poll();
    expect(world.receiver.subjects()).toEqual(['after the connect', 'moved in later, of old date']);
    // What was told of it first does not stand for ever.
    const told = world.receiver.arrivals.filter(({ event }) => event.type.startsWith('mailbox.'));
    expect(told.map(({ event }) => event)).toMatchObject([
      { type: 'mailbox.connected', data: { state: 'connecting', code: 'imap_unreachable' } },
      { type: 'mailbox.recovered', data: { state: 'active' } },
    ]);
  });

  it.each([
    ['by the next poll', Number.POSITIVE_INFINITY],
    ['when the recent messages are filled', 3],
  ])('takes for new what the server keeps back at the first look, and shows %s', async (_when, fillingSearch) => {
    inbox().add({ subject: 'old', internalDate: new Date(Date.now() - minutes(60 * 24 * 9)) });
    await world.connect(world.person(ada), {
      folders: [{ path: 'INBOX', role: 'inbox', status: undefined }],
      code: 'imap_unreachable',
    });
    inbox().unlisted.add(inbox().add('not listed'));
    inbox().unanswered.add(inbox().add('not answered'));
    const show = () => {
      inbox().unlisted.clear();
      inbox().unanswered.clear();
    };
    let searches = 0;
    world.mail.before = (command) => {
      if (command === 'search' && ++searches === fillingSearch) show();
    };
    await world.poll();
    show();
    await world.poll();
    await world.poll();
    expect(world.receiver.subjects()).toEqual(['not listed', 'not answered']);
    expect(world.receiver.ofType('message.vanished')).toEqual([]);
  });

  it('begins at its end when nothing has arrived since', async () => {
    inbox().add({ subject: 'old', internalDate: new Date(Date.now() - minutes(600)) });
    const { mailbox } = await world.connect(world.person(ada), {
      folders: [{ path: 'INBOX', role: 'inbox', status: undefined }],
    });
    await world.poll();
    expect(await world.cursor(mailbox)).toMatchObject({ lastUid: 1, baselineFrom: undefined, uidValidity: 7n });
    expect(await world.state(mailbox)).toMatchObject({ state: 'active', code: '' });
    inbox().add('new');
    await world.poll();
    expect(world.receiver.subjects()).toEqual(['new']);
  });
});

describe('a destination', () => {
  it('gets everything once, in order, after it was down for three polls', async () => {
    await world.connectMailbox(ada);
    await world.poll();
    world.receiver.answer = () => down;
    for (let n = 1; n <= 3; n++) {
      inbox().add(`mail ${n}`);
      await world.poll();
    }
    expect(world.receiver.subjects()).toEqual([]);
    world.receiver.answer = () => accepted;
    await world.poll();
    await world.poll();
    expect(world.receiver.subjects()).toEqual(['mail 1', 'mail 2', 'mail 3']);
    const tried = new Set(world.receiver.arrivals.map(({ event }) => event.id));
    // Nothing but the head was ever tried, under the one id.
    expect(tried.size).toBe(3 + 1);
  });

  it('is tried once a run, however much is waiting for it', async () => {
    await world.connectMailbox(ada);
    await world.poll();
    for (let n = 1; n <= 5; n++) inbox().add(`mail ${n}`);
    world.receiver.answer = () => down;
    const before = world.receiver.arrivals.length;
    await world.poll();
    expect(world.receiver.arrivals.length - before).toBe(1);
  });

  it('stops its folder if it refuses a message, and loses nothing', async () => {
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    world.receiver.answer = (event) => (subjectOf(event) === 'bad' ? refused : accepted);
    inbox().add('good');
    inbox().add('bad');
    inbox().add('behind');
    await world.poll();
    await world.poll();
    expect(world.receiver.subjects()).toEqual(['good']);
    expect(await world.cursor(mailbox)).toMatchObject({ lastUid: 1 });
    world.receiver.answer = () => accepted;
    await world.poll();
    expect(world.receiver.subjects()).toEqual(['good', 'bad', 'behind']);
  });

  it('gets events of a mailbox until it accepts them, each under one id', async () => {
    world.receiver.answer = () => down;
    await world.connectMailbox(ada);
    await world.poll();
    await world.poll();
    world.receiver.answer = () => accepted;
    await world.poll();
    await world.poll();
    const tries = world.receiver.arrivals.filter(({ event }) => event.type === 'mailbox.connected');
    expect(tries.map(({ outcome }) => outcome)).toEqual(['held', 'held', 'accepted']);
    expect(new Set(tries.map(({ event }) => event.id)).size).toBe(1);
    expect(await world.mailRows()).not.toContainEqual(expect.stringMatching(/^o!/));
  });

  it('hears last of a mailbox how it is, also after it refused what was before', async () => {
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    const { BrokerError } = await import('../src/lib/errors.ts');
    world.receiver.answer = ({ type }) => (type === 'mailbox.reconnect_required' ? refused : accepted);
    await world.poll({ token: () => Promise.reject(new BrokerError('grant_revoked')) });
    await world.poll();
    await world.registry.ask(mailbox.id);
    await world.poll();
    expect(await world.state(mailbox)).toMatchObject({ state: 'active', code: '' });
    world.receiver.answer = () => accepted;
    await world.polls(5);
    const told = world.receiver.arrivals.filter(({ outcome }) => outcome === 'accepted').map(({ event }) => event.type);
    expect(told).toEqual(['mailbox.connected', 'mailbox.reconnect_required', 'mailbox.recovered']);
  });
});

describe('a message that does not come', () => {
  it('is retried while the others continue, and is delivered when it can be read', async () => {
    await world.connectMailbox(ada);
    await world.poll();
    inbox().add('late');
    inbox().add('punctual');
    inbox().unanswered.add(1);
    await world.poll();
    expect(world.receiver.subjects()).toEqual(['punctual']);
    inbox().unanswered.clear();
    inbox().add('next');
    await world.poll();
    await world.poll();
    expect(world.receiver.subjects()).toEqual(['punctual', 'late', 'next']);
  });

  it('is announced as vanished by its key when it was seen, after three more polls', async () => {
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    const uid = inbox().add('brief');
    inbox().unanswered.add(uid);
    await world.poll();
    inbox().remove(uid);
    await world.poll();
    await world.poll();
    expect(world.receiver.ofType('message.vanished')).toEqual([]);
    // It was missed late in its poll, and the next poll may be quicker: 3 minutes must have passed anyway.
    world.time.pass(5_000);
    await world.poll();
    const [event, ...more] = world.receiver.ofType('message.vanished');
    expect(more).toEqual([]);
    expect(event?.data).toMatchObject({ messageKey: expect.stringMatching(/^m_/), folder: { path: 'INBOX' } });
    expect(await world.cursor(mailbox)).toMatchObject({ lastUid: 1, uidGaps: [] });
    expect(world.receiver.subjects()).toEqual([]);
  });

  it('is announced once with its number when it was never seen, and holds nothing up', async () => {
    await world.connectMailbox(ada);
    await world.poll();
    for (let n = 1; n <= 20_000; n++) inbox().uidNext++;
    inbox().add('after the gap');
    await world.poll();
    expect(world.receiver.subjects()).toEqual(['after the gap']);
    await world.polls(4);
    const events = world.receiver.ofType('message.vanished');
    expect(events.map(({ data }) => [data.count, data.ranges])).toEqual([[20_000, [{ from: 1, to: 20_000 }]]]);
  });

  it('is announced also if there are more gaps than a folder keeps in mind', async () => {
    await world.connectMailbox(ada);
    await world.poll();
    for (let n = 1; n <= 80; n++) {
      inbox().uidNext++;
      inbox().add(`mail ${n}`);
    }
    await world.polls(5);
    expect(world.receiver.subjects()).toHaveLength(80);
    const counts = world.receiver.ofType('message.vanished').map(({ data }) => Number(data.count));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(80);
  });

  it('is delivered when it shows if SEARCH left it out at first', async () => {
    await world.connectMailbox(ada);
    await world.poll();
    inbox().add('slow replica');
    inbox().add('there');
    inbox().unlisted.add(1);
    await world.poll();
    inbox().unlisted.clear();
    await world.poll();
    await world.poll();
    expect(world.receiver.subjects()).toEqual(['there', 'slow replica']);
  });

  it('does not stop the poll if it is removed between SEARCH and FETCH', async () => {
    await world.connectMailbox(ada);
    await world.poll();
    const uid = inbox().add('gone');
    inbox().add('stays');
    world.mail.before = (command) => {
      if (command === 'read') inbox().remove(uid);
    };
    await world.poll();
    expect(world.receiver.subjects()).toEqual(['stays']);
    await world.polls(4);
    expect(world.receiver.ofType('message.vanished')).toHaveLength(1);
  });
});

describe('a mailbox that fails', () => {
  it('is its own affair: the others are delivered', async () => {
    const own = await world.connectMailbox(ada);
    const other = await world.connectMailbox(bea);
    await world.poll();
    world.mail.fault = { code: 'imap_refused', login: ada };
    inbox(ada).add('for ada');
    inbox(bea).add('for bea');
    await world.poll();
    expect(world.receiver.subjects()).toEqual(['for bea']);
    expect(await world.state(own)).toMatchObject({ state: 'degraded', code: 'imap_refused' });
    expect(await world.state(other)).toMatchObject({ state: 'active', code: '' });
    expect(world.receiver.ofType('mailbox.degraded').map(({ data }) => data.code)).toEqual(['imap_refused']);
    // The refused token was tried once more as a fresh one.
    expect(world.mail.tokens.filter((token) => token.endsWith('-fresh'))).toEqual([`token-${ada}-fresh`]);
    world.mail.fault = undefined;
    await world.polls(3);
    expect(world.receiver.subjects()).toEqual(['for bea', 'for ada']);
    expect(await world.state(own)).toMatchObject({ state: 'active', code: '' });
    expect(world.receiver.ofType('mailbox.recovered')).toHaveLength(1);
  });

  it('a mailbox that fails while its mail is read reports it, and continues where it stopped', async () => {
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    const { BrokerError } = await import('../src/lib/errors.ts');
    for (const subject of ['one', 'two', 'three']) inbox().add(subject);
    let reads = 0;
    world.mail.before = (command) => {
      if (command === 'read' && ++reads > 1) throw new BrokerError('imap_throttled');
    };
    await world.poll();
    expect(world.receiver.subjects()).toEqual(['one']);
    expect(await world.state(mailbox)).toMatchObject({ state: 'throttled', code: 'imap_throttled' });
    world.mail.before = () => {};
    world.time.pass(minutes(60));
    await world.polls(2);
    expect(world.receiver.subjects()).toEqual(['one', 'two', 'three']);
    expect(await world.state(mailbox)).toMatchObject({ state: 'active', code: '' });
  });

  it('is left alone for as long as the server asks', async () => {
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    world.mail.fault = { code: 'imap_throttled', retryAfterMs: minutes(5) };
    await world.poll();
    expect(await world.state(mailbox)).toMatchObject({ state: 'throttled', code: 'imap_throttled' });
    world.mail.fault = undefined;
    inbox().add('waiting');
    const opened = world.mail.tokens.length;
    await world.polls(4);
    expect(world.mail.tokens.length).toBe(opened);
    await world.poll();
    await world.poll();
    expect(world.receiver.subjects()).toEqual(['waiting']);
    expect(world.receiver.ofType('mailbox.degraded')).toEqual([]);
  });

  it('is not polled with a dead sign-in until it is requested; then everything is delivered', async () => {
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    const { BrokerError } = await import('../src/lib/errors.ts');
    const token = () => Promise.reject(new BrokerError('grant_revoked'));
    inbox().add('one');
    await world.poll({ token });
    expect(await world.state(mailbox)).toMatchObject({ state: 'reconnect_required', code: 'grant_revoked' });
    expect(world.receiver.ofType('mailbox.reconnect_required')).toHaveLength(1);
    const opened = world.mail.tokens.length;
    inbox().add('two');
    await world.polls(3);
    expect(world.mail.tokens.length).toBe(opened);
    await world.registry.ask(mailbox.id);
    await world.poll();
    expect(world.receiver.subjects()).toEqual(['one', 'two']);
    expect(await world.state(mailbox)).toMatchObject({ state: 'active', code: '' });
  });

  it('does not hang the run when its server says nothing', async () => {
    await world.connectMailbox(ada);
    await world.connectMailbox(bea);
    await world.poll();
    const clock = {
      ...world.time.clock,
      sleep: (ms: number, signal?: AbortSignal) => world.time.clock.sleep(Math.min(ms, 200), signal),
    };
    world.mail.before = (command, login) =>
      command === 'status' && login === ada ? new Promise<void>(() => {}) : undefined;
    inbox(bea).add('for bea');
    await world.poll({ clock });
    expect(world.receiver.subjects()).toEqual(['for bea']);
    expect(world.mail.openSessions()).toBe(0);
  });

  it('loses one folder only when one folder is missing', async () => {
    const mailbox = await world.connectMailbox(ada, ['INBOX', 'Archive']);
    await world.poll();
    world.mail.mailbox(ada).drop('Archive');
    inbox().add('one');
    await world.poll();
    expect(world.receiver.subjects()).toEqual(['one']);
    expect(await world.state(mailbox)).toMatchObject({ state: 'active', code: 'folder_missing' });
    await world.polls(16);
    expect(await world.state(mailbox)).toMatchObject({ state: 'degraded', code: 'folder_missing' });
    expect(world.receiver.ofType('mailbox.degraded')).toHaveLength(1);
  }, 60_000);
});

describe('a folder with a role', () => {
  it('is followed to its new name, with its position, and told under it', async () => {
    const mailbox = await world.connectMailbox(ada, ['INBOX', 'Sent Items']);
    await world.poll();
    world.mail.mailbox(ada).rename('Sent Items', 'Gesendete Elemente');
    world.mail.mailbox(ada).folder('Gesendete Elemente').add('sent later');
    await world.poll();
    const [event] = world.receiver.ofType('message.received');
    expect(event?.data).toMatchObject({
      subject: 'sent later',
      folder: { path: 'Gesendete Elemente', role: 'sent' },
      direction: 'out',
    });
    expect(await world.cursor(mailbox, 'Sent Items')).toMatchObject({ path: 'Gesendete Elemente', lastUid: 1 });
    expect(await world.state(mailbox)).toMatchObject({ state: 'active', code: '' });
    // Its name is known now: no further lookup is needed.
    const asked = world.mail.commands.length;
    await world.poll();
    expect(world.mail.commands.slice(asked)).toEqual(['status', 'status']);
  });

  it('may be watched before its path is known', async () => {
    world.mail.mailbox(ada).folder('INBOX');
    const anHourAgo = new Date(world.now().getTime() - 3_600_000);
    world.mail.mailbox(ada).folder('Archive').add({ subject: 'old', internalDate: anHourAgo });
    const { mailbox } = await world.connect(world.person(ada), {
      folders: [{ path: '', role: 'archive', status: undefined }],
    });
    world.mail.mailbox(ada).folder('Archive').add('new');
    await world.poll();
    expect(world.receiver.subjects()).toEqual(['new']);
    expect(await world.cursor(mailbox, '')).toMatchObject({ path: 'Archive' });
  });

  it('is missing where no folder has that role, and is not watched twice', async () => {
    inbox().add('old');
    const inboxTwice = [
      { path: 'INBOX', role: undefined, status: undefined },
      { path: '', role: 'inbox' as const, status: undefined },
      { path: '', role: 'junk' as const, status: undefined },
    ];
    const { mailbox } = await world.connect(world.person(ada), { folders: inboxTwice });
    inbox().add('new');
    await world.poll();
    expect(world.receiver.subjects().filter((subject) => subject === 'new')).toHaveLength(1);
    expect(await world.state(mailbox)).toMatchObject({ code: 'folder_missing' });
  });
});

describe('what the API asks for', () => {
  it('pauses a mailbox, and delivers on resume what came meanwhile', async () => {
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    await world.registry.patch(mailbox.id, { paused: true });
    inbox().add('while paused');
    await world.polls(3);
    expect(world.receiver.subjects()).toEqual([]);
    expect(await world.state(mailbox)).toMatchObject({ state: 'paused' });
    await world.registry.patch(mailbox.id, { paused: false });
    await world.poll();
    expect(world.receiver.subjects()).toEqual(['while paused']);
    expect(await world.state(mailbox)).toMatchObject({ state: 'active', served: 3 });
  });

  it('leaves a wish that comes during the run to the next run', async () => {
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    await world.registry.ask(mailbox.id);
    world.mail.before = async (command) => {
      world.mail.before = () => {};
      if (command === 'open') await world.registry.ask(mailbox.id);
    };
    await world.poll();
    expect(await world.state(mailbox)).toMatchObject({ served: 2 });
    await world.poll();
    expect(await world.state(mailbox)).toMatchObject({ served: 3 });
  });

  it('erases a removed mailbox, tells of it, and leaves the tombstone', async () => {
    const mailbox = await world.connectMailbox(ada);
    inbox().add('one');
    await world.poll();
    expect(await world.registry.remove(mailbox.id)).toBe(true);
    inbox().add('never read');
    world.receiver.answer = () => down;
    await world.poll();
    const rows = await world.mailRows();
    expect(rows.filter((key) => !key.startsWith('o!'))).toEqual(['!', `a!${mailbox.id}`]);
    expect(rows.filter((key) => key.startsWith('o!'))).toHaveLength(1);
    world.receiver.answer = () => accepted;
    await world.poll();
    expect(world.receiver.ofType('mailbox.removed')).toHaveLength(1);
    expect(world.receiver.subjects()).toEqual(['one']);
    expect(await world.mailRows()).toEqual(['!', `a!${mailbox.id}`]);
    expect(await world.index.read(mailbox.grant.tid, ada)).toBeUndefined();
    expect((await world.shard(mailbox)).flags).toBe(0);
  });

  it('takes up an erasure again that was cut short outside the table', async () => {
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    await world.registry.remove(mailbox.id);
    await world.poll({ forget: () => Promise.reject(new Error('the index does not answer')) });
    expect(await world.index.read(mailbox.grant.tid, ada)).toBeDefined();
    await world.poll();
    expect(await world.index.read(mailbox.grant.tid, ada)).toBeUndefined();
    expect((await world.shard(mailbox)).flags).toBe(0);
  });

  it('erases in the next run a mailbox that is removed while it is worked on', async () => {
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    for (let n = 1; n <= 3; n++) inbox().add(`mail ${n}`);
    world.receiver.answer = async (event) => {
      if (subjectOf(event) === 'mail 1') await world.registry.remove(mailbox.id);
      return accepted;
    };
    await world.poll();
    await world.poll();
    expect(await world.mailRows()).toEqual(['!', `a!${mailbox.id}`]);
    expect(world.receiver.ofType('mailbox.removed')).toHaveLength(1);
    // The address is free again, for a mailbox of another id.
    const again = await world.connectMailbox(ada);
    expect(again.id).not.toBe(mailbox.id);
    inbox().add('for the new one');
    await world.poll();
    expect(world.receiver.subjects().at(-1)).toBe('for the new one');
  });
});

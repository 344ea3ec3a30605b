import { describe, expect, it } from 'vitest';
import type { Deliverer, OutgoingEvent } from '../src/lib/domain/events/event.ts';
import { shardKey, shardOfMailbox } from '../src/lib/domain/ids.ts';
import type { ImapConnector, ImapSession } from '../src/lib/mailbox/session/session.ts';
import { shardRowKey } from '../src/lib/store/rows/keys.ts';
import { mortalWorker } from './support/chaos.ts';
import { type EngineWorld, engineWorld } from './support/engine-world.ts';
import { accepted, down, mailOf, refused, subjectOf } from './support/memory-receiver.ts';
import { onMemoryTables } from './support/suite-tables.ts';

let world: EngineWorld;

onMemoryTables((store) => {
  world = engineWorld(store);
});

const ada = 'ada@contoso.example';
const bea = 'bea@contoso.example';
const inbox = (address = ada) => world.mail.mailbox(address).folder('INBOX');

/** Runs the shard in a process that dies when it does something with the mail of this subject. @returns true if it died */
async function runMortally(deadly: { subject: string; by: 'read' | 'fetch' | 'render' }): Promise<boolean> {
  const worker = mortalWorker(
    { store: world.store, imap: world.mail, deliverer: world.receiver, clock: world.time.clock },
    Number.POSITIVE_INFINITY,
    false,
  );
  let died = () => {};
  const death = new Promise<void>((resolve) => {
    died = resolve;
  });
  const uidOf = () => inbox().messages.find(({ subject }) => subject === deadly.subject)?.uid ?? 0;
  const kill = () => {
    worker.kill();
    died();
    return new Promise<never>(() => {});
  };
  const imap: ImapConnector = {
    open: async (account, signal) => {
      const session = await worker.imap.open(account, signal);
      const own = account.login === ada;
      const wrapped: ImapSession = Object.create(session, {
        read: {
          value: (...args: Parameters<ImapSession['read']>) =>
            own && deadly.by === 'read' && args[1].uid === uidOf() ? kill() : session.read(...args),
        },
        // Its date and flags alone, which are no words of its sender, never kill.
        fetchMeta: {
          value: (...args: Parameters<ImapSession['fetchMeta']>) =>
            own && deadly.by === 'fetch' && args[1].includes(uidOf()) && args[2] !== 'bare'
              ? kill()
              : session.fetchMeta(...args),
        },
      });
      return wrapped;
    },
  };
  const { store, clock } = worker;
  // The text of a mail is made fit to be sent by the deliverer, before it sends anything.
  const dies = (event: OutgoingEvent) =>
    deadly.by === 'render' && subjectOf(event) === deadly.subject && mailOf(event)?.text !== '';
  const deliverer: Deliverer = {
    deliver: (...args) => (dies(args[1]) ? kill() : worker.deliverer.deliver(...args)),
    dryRun: (...args) => (dies(args[1]) ? kill() : worker.deliverer.dryRun(...args)),
  };
  const run = world.runner({ store, deliverer, clock, imap }).run(world.wakeUp(1));
  await Promise.race([run, death]);
  await new Promise((resolve) => setTimeout(resolve, 20));
  return worker.dead;
}

/** Lives on, one process after the other. @returns how many died */
async function liveOn(deadly: Parameters<typeof runMortally>[0], runs: number): Promise<number> {
  let deaths = 0;
  for (let n = 0; n < runs; n++) {
    world.time.pass(75_000);
    if (await runMortally(deadly)) deaths += 1;
  }
  return deaths;
}

describe('a mail that kills the process', () => {
  it('a mail that kills its reader is identified and delivered as metadata, and does not block others for long', async () => {
    const mailbox = await world.connectMailbox(ada);
    await world.connectMailbox(bea);
    await world.poll();
    inbox().add('before');
    inbox().add('deadly');
    inbox().add('behind');
    inbox(bea).add('for bea');
    const deaths = await liveOn({ subject: 'deadly', by: 'read' }, 10);
    // Two crashes with an unknown message, two with a named one.
    expect(deaths).toBe(4);
    expect(new Set(world.receiver.subjects())).toEqual(new Set(['before', 'deadly', 'behind', 'for bea']));
    const sent = world.receiver.ofType('message.received').find(({ data }) => data.subject === 'deadly');
    expect(sent?.data).toMatchObject({ text: '', truncated: ['text', 'html', 'headers', 'structure'] });
    expect(await world.shard(mailbox)).toMatchObject({ starts: 0, current: undefined, owner: '' });
    // Once for each death in which it was read ahead of, while the message before it was under way.
    const before = world.receiver.ofType('message.received').filter(({ data }) => data.subject === 'before');
    expect(before.length).toBeLessThanOrEqual(3);
    expect(new Set(before.map(({ id }) => id)).size).toBe(1);
  }, 60_000);

  it('a mail that kills the sanitiser is identified like one that kills its reader', async () => {
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    inbox().add('before');
    inbox().add('deadly');
    inbox().add('behind');
    expect(await liveOn({ subject: 'deadly', by: 'render' }, 10)).toBe(4);
    expect(world.receiver.subjects()).toEqual(['before', 'deadly', 'behind']);
    const sent = world.receiver.ofType('message.received').find(({ data }) => data.subject === 'deadly');
    expect(sent?.data).toMatchObject({ text: '', truncated: ['text', 'html', 'headers', 'structure'] });
    expect(await world.shard(mailbox)).toMatchObject({ starts: 0, current: undefined, owner: '' });
  }, 60_000);

  it('a mail that kills the sanitiser again is identified, even if its flags change meanwhile', async () => {
    await world.connectMailbox(ada);
    await world.poll();
    world.receiver.answer = (event) => (subjectOf(event) === 'deadly' ? refused : accepted);
    const uid = inbox().add('deadly');
    await world.poll();
    world.time.pass(11 * 60_000);
    await world.poll();
    inbox().add('behind');
    world.receiver.answer = () => accepted;
    let deaths = 0;
    for (let n = 0; n < 8; n++) {
      world.time.pass(600_000);
      inbox().mark(uid, { flagged: n % 2 === 0 });
      if (await runMortally({ subject: 'deadly', by: 'render' })) deaths += 1;
    }
    expect(deaths).toBe(4);
    expect(new Set(world.receiver.subjects())).toEqual(new Set(['behind', 'deadly']));
    const sent = world.receiver.ofType('message.received').find(({ data }) => data.subject === 'deadly');
    expect(sent?.data).toMatchObject({ text: '', truncated: ['text', 'html', 'headers', 'structure'] });
  }, 60_000);

  it('a mail whose metadata kills the process is given up after three crashes, with an event', async () => {
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    inbox().add('before');
    inbox().add('deadly');
    inbox().add('behind');
    const deaths = await liveOn({ subject: 'deadly', by: 'fetch' }, 11);
    expect(deaths).toBe(5);
    expect([...new Set(world.receiver.subjects())]).toEqual(['before', 'behind']);
    expect(world.receiver.subjects().length).toBeLessThanOrEqual(4);
    const [event, ...more] = world.receiver.ofType('message.undeliverable');
    expect(more).toEqual([]);
    expect(event?.data).toMatchObject({ code: 'message_deadly', folder: { path: 'INBOX' } });
    expect(await world.cursor(mailbox)).toMatchObject({ lastUid: 3, uidGaps: [] });
    expect(await world.mailRows()).toContainEqual(expect.stringMatching(/^x!/));
    expect((await world.shard(mailbox)).starts).toBe(0);
  }, 60_000);

  it('a mail that kills the process when it is fetched again is given up under its previous key', async () => {
    await world.connectMailbox(ada);
    await world.poll();
    world.receiver.answer = (event) => (event.type === 'message.received' ? down : accepted);
    inbox().add('deadly');
    await world.poll();
    inbox().renumber();
    await world.poll();
    const keys = new Set(
      world.receiver.arrivals
        .map(({ event }) => event)
        .flatMap((event) => (subjectOf(event) === 'deadly' ? [event.id] : [])),
    );
    await liveOn({ subject: 'deadly', by: 'fetch' }, 8);
    expect([...keys]).toEqual(world.receiver.ofType('message.undeliverable').map(({ data }) => data.messageKey));
  }, 60_000);

  it('a mail that was given up unread is recorded before a replay sends it', async () => {
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    inbox().add('deadly');
    await liveOn({ subject: 'deadly', by: 'fetch' }, 8);
    const [told] = world.receiver.ofType('message.undeliverable');
    const stored = async () => (await world.cursor(mailbox))?.fresh.map(({ uid, accepted }) => [uid, accepted]);
    const noted: unknown[] = [];
    world.receiver.answer = async () => {
      noted.push(await stored());
      return accepted;
    };
    await world.registry.replay(mailbox.id, { kind: 'dead' });
    await world.polls(2);
    expect(noted).toEqual([[[1, false]]]);
    expect(await stored()).toEqual([[1, true]]);
    expect(world.receiver.ofType('message.received').map(({ id }) => id)).toEqual([told?.data.messageKey]);
    // It is known from now on, regardless of its folder.
    inbox().renumber();
    await world.polls(2);
    expect(world.receiver.subjects()).toEqual(['deadly']);
  }, 60_000);
});

describe('a mail that was delivered, and kills the process when it is replayed', () => {
  it('is left out of the replay, without an event', async () => {
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    for (const subject of ['before', 'deadly', 'behind']) inbox().add(subject);
    await world.poll();
    await world.registry.replay(mailbox.id, { kind: 'since', since: new Date(0), force: true });
    expect(await liveOn({ subject: 'deadly', by: 'fetch' }, 11)).toBe(5);
    expect(new Set(world.receiver.subjects().slice(3))).toEqual(new Set(['before', 'behind']));
    expect(world.receiver.ofType('message.undeliverable')).toEqual([]);
    expect(await world.mailRows()).not.toContainEqual(expect.stringMatching(/^[ex]!/));
  }, 60_000);
});

describe('processes that die for another reason', () => {
  it('keep no mail back of which the server never answers more than its flags', async () => {
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    inbox().contentless.add(inbox().add('unconvertible'));
    const table = world.store.table('mail');
    for (let n = 0; n < 8; n++) {
      const row = await table.get(shardKey(shardOfMailbox(mailbox.id) ?? 0), shardRowKey);
      if (row === undefined) throw new Error('no shard');
      await table.replace({ ...row, values: { ...row.values, starts: 3 } }, row.etag);
      await world.poll();
    }
    expect(world.receiver.ofType('message.received').map(({ data }) => data.size)).toEqual([0]);
    expect(world.receiver.ofType('message.vanished')).toEqual([]);
  }, 60_000);

  it('make a shard careful until one run ends well', async () => {
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    for (let n = 0; n < 3; n++) {
      world.time.pass(75_000);
      const worker = mortalWorker(
        { store: world.store, imap: world.mail, deliverer: world.receiver, clock: world.time.clock },
        3,
        true,
      );
      void world.runner({ ...worker }).run(world.wakeUp(1));
      await expect.poll(() => worker.dead, { timeout: 20_000 }).toBe(true);
    }
    expect((await world.shard(mailbox)).starts).toBe(3);
    for (let n = 1; n <= 3; n++) inbox().add(`mail ${n}`);
    inbox().unanswered.add(inbox().add('shy'));
    const named: unknown[] = [];
    world.receiver.answer = async () => {
      // Nothing is read while a message is under way, which a crash would take down with it.
      for (let look = 0; look < 5; look++) named.push((await world.shard(mailbox)).current);
      return accepted;
    };
    world.time.pass(75_000);
    await world.runner().run(world.wakeUp(1));
    expect(await world.cursor(mailbox)).toMatchObject({ lastUid: 4, uidGaps: [{ from: 4, to: 4 }] });
    expect(world.receiver.subjects()).toEqual(['mail 1', 'mail 2', 'mail 3']);
    expect(new Set(named)).toEqual(new Set([undefined]));
    expect(await world.shard(mailbox)).toMatchObject({ starts: 0, current: undefined });
  }, 60_000);
});

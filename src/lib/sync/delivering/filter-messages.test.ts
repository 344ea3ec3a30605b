import { describe, expect, it } from 'vitest';
import { type EngineWorld, engineWorld } from '../../../../test/support/engine-world.ts';
import { down } from '../../../../test/support/memory-receiver.ts';
import { onMemoryTables } from '../../../../test/support/suite-tables.ts';
import { shardKey, shardOfMailbox } from '../../domain/ids.ts';
import type { MailboxFilter } from '../../domain/mail/filter.ts';
import { settingsRowKey } from '../../store/rows/keys.ts';
import type { MailboxRow } from '../../store/rows/rows.ts';

let world: EngineWorld;
let mailbox: MailboxRow;

onMemoryTables(async (store) => {
  world = engineWorld(store);
  mailbox = await world.connectMailbox(ada, ['INBOX', 'Archive']);
});

const ada = 'ada@contoso.example';
const folder = (path = 'INBOX') => world.mail.mailbox(ada).folder(path);
const subjects = () => world.receiver.subjects();
const setFilter = (filter: MailboxFilter | null) => world.registry.patch(mailbox.id, { filter });
const commands = (name: string) => world.mail.commands.filter((each) => each === name).length;

it.each<[MailboxFilter, readonly string[]]>([
  [{ only: { from: ['*@fabrikam.example'] } }, ['order']],
  [{ except: { from: ['*@fabrikam.example'] } }, ['hello', 'out of office', 'huge']],
  [{ only: { to: ['sales@contoso.example'] } }, ['order']],
  [{ only: { subject: ['OF'] }, except: { autoReply: true } }, []],
  [{ except: { autoReply: true } }, ['hello', 'order', 'huge']],
  [{ only: { hasAttachment: true } }, ['order']],
  [{ except: { minSize: 1_000_000 } }, ['hello', 'order', 'out of office']],
  [{ only: { maxSize: 999 } }, ['order']],
  [{ only: { direction: 'out' } }, []],
  [{ only: { folder: [{ role: 'archive' }] } }, []],
])('delivers, with %j, the messages %j', async (filter, wanted) => {
  await setFilter(filter);
  folder().add('hello');
  folder().add({
    subject: 'order',
    from: 'buyer@fabrikam.example',
    to: ['ada@contoso.example', 'sales@contoso.example'],
    files: ['order.pdf'],
    size: 900,
  });
  folder().add({ subject: 'out of office', autoReply: true });
  folder().add({ subject: 'huge', size: 2_000_000 });
  await world.poll();
  expect(subjects()).toEqual(wanted);
  expect(commands('read')).toBe(wanted.length);
});

describe('a message that is kept back', () => {
  it('is settled: no entry, no later event, no second look', async () => {
    await setFilter({ except: { subject: ['secret'] } });
    await world.poll();
    const uid = folder().add('secret');
    await world.poll();
    const [cursor, recent] = [await world.cursor(mailbox), await world.recent(mailbox)];
    expect(cursor).toMatchObject({ lastUid: uid, fresh: [], acked: [], uidGaps: [] });
    expect(recent?.entries).toEqual([]);
    folder().mark(uid, { seen: true });
    await world.polls(2);
    folder().remove(uid);
    world.time.pass(60 * 60_000);
    await world.polls(3);
    expect(world.receiver.arrivals.map(({ event }) => event.type)).toEqual(['mailbox.connected']);
  });

  it('a message kept back among a thousand others does not extend a run beyond its time', async () => {
    await setFilter({ except: { subject: ['secret'] } });
    await world.poll();
    for (let n = 0; n < 1000; n++) folder().add('secret');
    const uid = folder().add('hello');
    world.mail.before = (command) => {
      if (command === 'fetch') world.time.pass(3_000);
    };
    world.time.pass(60_000);
    const next = await world.runner().run(world.wakeUp(1));
    const lastUid = (await world.cursor(mailbox))?.lastUid ?? 0;
    expect(lastUid).toBeGreaterThan(0);
    expect(lastUid).toBeLessThan(1000);
    if (next === undefined) throw new Error('no hint to go on');
    await world.runner().run(next);
    expect(subjects()).toEqual(['hello']);
    expect(await world.cursor(mailbox)).toMatchObject({ lastUid: uid });
  });

  it('does not come when the filter is taken away, nor with a reset after that', async () => {
    await setFilter({ except: { subject: ['secret'] } });
    folder().add('secret');
    folder().add('open');
    await world.poll();
    await setFilter(null);
    await world.polls(2);
    folder().add('secret again');
    await world.poll();
    folder().renumber();
    await world.polls(3);
    expect(subjects()).toEqual(['open', 'secret again']);
    const [reset] = world.receiver.ofType('folder.reset');
    expect(reset?.data).toMatchObject({ known: 2, announced: 0, assumedKnown: 1 });
  });

  it('stays back through a reset, which still tells all that arrived meanwhile', async () => {
    await setFilter({ except: { subject: ['secret'] } });
    folder().add('secret');
    await world.poll();
    for (const n of [1, 2, 3]) folder().add(`new ${n}`);
    folder().add('secret too');
    folder().renumber();
    await world.polls(3);
    expect(subjects()).toEqual(['new 1', 'new 2', 'new 3']);
  });

  it('comes when it is moved to a folder whose mail comes', async () => {
    await setFilter({ except: { folder: [{ role: 'archive' }] } });
    const uid = folder('Archive').add('rescued');
    await world.poll();
    expect(subjects()).toEqual([]);
    folder('Archive').move(uid, folder('INBOX'));
    await world.poll();
    expect(subjects()).toEqual(['rescued']);
  });

  it('is not posted although it was there before the connection and moves', async () => {
    const uid = folder().add('old and secret');
    await world.registry.remove(mailbox.id);
    await world.polls(2);
    mailbox = await world.connectMailbox(ada, ['INBOX', 'Archive']);
    await setFilter({ except: { subject: ['secret'] } });
    folder().add('fills the ring');
    await world.poll();
    folder().move(uid, folder('Archive'));
    await world.polls(2);
    expect(subjects()).toEqual(['fills the ring']);
  });
});

describe('a message that is on its way', () => {
  it('arrives, though the filter would keep it back by now', async () => {
    world.receiver.answer = () => down;
    folder().add('posted once');
    await world.poll();
    expect(world.receiver.arrivals.some(({ event }) => event.type === 'message.received')).toBe(true);
    await setFilter({ except: { subject: ['posted'] } });
    world.receiver.answer = () => ({ kind: 'accepted', status: 200 });
    await world.polls(2);
    expect(subjects()).toEqual(['posted once']);
  });

  it('is reported as moved to a folder whose mail is filtered out if it was delivered', async () => {
    await setFilter({ except: { folder: [{ role: 'archive' }] } });
    const uid = folder().add('filed');
    await world.poll();
    folder().move(uid, folder('Archive'));
    await world.polls(2);
    expect(world.receiver.ofType('message.updated').map(({ data }) => data.change)).toEqual(['moved']);
  });
});

it('asks the mail server nothing more where folder, size and what is known decide', async () => {
  await setFilter({ only: { folder: [{ role: 'inbox' }], minSize: 10 }, except: { direction: 'out', from: ['*'] } });
  for (let n = 0; n < 5; n++) folder().add(`mail ${n}`);
  await world.poll();
  expect([subjects().length, commands('traits')]).toEqual([5, 0]);
});

it('asks about many messages at once', async () => {
  await setFilter({ except: { to: ['nobody@contoso.example'] } });
  for (let n = 0; n < 40; n++) folder().add(`mail ${n}`);
  await world.poll();
  expect([subjects().length, commands('traits')]).toEqual([40, 1]);
});

it('reads the row of the filter only where there is mail', async () => {
  await setFilter({ except: { subject: ['secret'] } });
  await world.polls(2);
  await world.store.table('mail').delete(shardKey(shardOfMailbox(mailbox.id) ?? 0), settingsRowKey(mailbox.id), '*');
  await world.polls(2);
  expect(await world.state(mailbox)).toMatchObject({ state: 'active', code: '' });
});

it('delivers what the filter cannot judge', async () => {
  await setFilter({ only: { hasAttachment: true, minSize: 1 } });
  folder().add({ subject: 'unfathomable', size: 0 });
  world.mail.before = (command) => {
    if (command === 'traits') for (const { uid } of folder().messages) folder().unanswered.add(uid);
    if (command === 'read') folder().unanswered.clear();
  };
  await world.poll();
  expect(subjects()).toEqual(['unfathomable']);
});

it('does not let a backlog that is kept back hold up what is not', async () => {
  await setFilter({ except: { subject: ['noise'] } });
  for (let n = 0; n < 450; n++) folder().add('noise');
  folder('Archive').add('signal');
  folder().add('at last');
  const seen: string[] = [];
  world.mail.before = (command) => void seen.push(command);
  await world.poll();
  expect(subjects().toSorted()).toEqual(['at last', 'signal']);
  // The other folder had its turn before the backlog was through.
  expect(seen.indexOf('read')).toBeLessThan(seen.lastIndexOf('fetch'));
  expect(await world.cursor(mailbox)).toMatchObject({ lastUid: 451, acked: [] });
});

describe('a filter that cannot be read', () => {
  const spoil = async (values: Record<string, string | number | bigint>) => {
    const partitionKey = shardKey(shardOfMailbox(mailbox.id) ?? 0);
    const table = world.store.table('mail');
    const rowKey = settingsRowKey(mailbox.id);
    const row = await table.get(partitionKey, rowKey);
    if (row === undefined) throw new Error('no row');
    await table.replace({ partitionKey, rowKey, values: { ...row.values, ...values } }, row.etag);
  };

  it.each<[string, Record<string, string | number | bigint>]>([
    ['not JSON', { filter: '{' }],
    ['a condition that nobody knows', { filter: '{"only":{"mood":"good"}}' }],
    ['of a newer version', { v: 9 }],
    ['older than the mailbox says', { revision: 0n }],
  ])('holds the mail of its mailbox, and says so: %s', async (_, values) => {
    await setFilter({ except: { subject: ['secret'] } });
    await spoil(values);
    folder().add('secret');
    folder().add('open');
    await world.polls(3);
    expect(subjects()).toEqual([]);
    expect(await world.state(mailbox)).toMatchObject({ state: 'degraded', code: 'filter_broken' });
    expect(await world.cursor(mailbox)).toMatchObject({ lastUid: 0, fresh: [] });
    expect(await world.registry.get(mailbox.id)).toMatchObject({ filter: 'unreadable' });
    await setFilter({ except: { subject: ['secret'] } });
    await world.poll();
    expect(subjects()).toEqual(['open']);
    expect(await world.state(mailbox)).toMatchObject({ state: 'active', code: '' });
  });

  it('is no trouble for the other mailboxes', async () => {
    const other = await world.connectMailbox('bob@contoso.example');
    await setFilter({ except: { subject: ['secret'] } });
    await spoil({ filter: '{' });
    folder().add('open');
    world.mail.mailbox('bob@contoso.example').folder('INBOX').add('for Bob');
    await world.poll();
    expect(subjects()).toEqual(['for Bob']);
    expect(await world.state(other)).toMatchObject({ state: 'active' });
  });
});

describe('mail from before the connection', () => {
  const day = 24 * 60 * 60_000;
  const fillBox = (address: string) => {
    const box = world.mail.mailbox(address).folder('INBOX');
    for (let n = 1; n <= 30; n++) {
      const subject = n % 3 === 0 ? `secret ${n}` : `open ${n}`;
      box.add({ subject, internalDate: new Date(world.now().getTime() - (31 - n) * day) });
    }
  };

  it('is kept back like all other, and counts as done', async () => {
    fillBox('bob@contoso.example');
    const bob = await world.connectMailbox('bob@contoso.example', ['INBOX'], {
      syncFrom: new Date(world.now().getTime() - 40 * day),
      filter: { except: { subject: ['secret'] } },
    });
    await world.polls(3);
    const wanted = Array.from({ length: 30 }, (_, at) => 30 - at).filter((n) => n % 3 !== 0);
    expect(subjects()).toEqual(wanted.map((n) => `open ${n}`));
    const cursor = await world.cursor(bob);
    expect(cursor?.backfill).toMatchObject({ done: 30, total: 30 });
    expect([...(cursor?.fresh ?? [])].filter(({ posted, accepted }) => posted && !accepted)).toEqual([]);
    // Nothing is left to do, so that nobody looks at it in every tick.
    const asked = commands('traits');
    await world.polls(3);
    expect(commands('traits')).toBe(asked);
  });
});

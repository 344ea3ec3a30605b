import { beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../src/lib/domain/system.ts';
import { BrokerError } from '../src/lib/errors.ts';
import { createAzureStore } from '../src/lib/store/table/azure-table.ts';
import { type BatchOperation, type Store, StoreError, type Table } from '../src/lib/store/table/table.ts';
import { type EngineWorld, engineWorld } from './support/engine-world.ts';
import { type LossyProxy, startLossyProxy } from './support/lossy-proxy.ts';
import { accepted, down, subjectOf } from './support/memory-receiver.ts';
import { azuriteOfSuite, onEmptyTables, onMemoryTables, type SuiteAzurite } from './support/suite-tables.ts';

let world: EngineWorld;

onMemoryTables((store) => {
  world = engineWorld(store);
});

const ada = 'ada@contoso.example';
const bea = 'bea@contoso.example';
const inbox = (address = ada) => world.mail.mailbox(address).folder('INBOX');
// 60 s of lease, 10 s of grace, and the second by which the two estimates of the server's time differ.
const leaseIsFree = 73_000;

/** A promise and what settles it. */
function gate() {
  let open = () => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open: () => open(), passed };
}

/** `store` as a process sees it that is frozen at some moment: from then on none of its calls ever returns, and none arrives. */
function mortal(store: Store): { store: Store; die: () => void } {
  let dead = false;
  const wrap = (table: Table): Table =>
    new Proxy(table, {
      get(target, name, receiver) {
        const value: unknown = Reflect.get(target, name, receiver);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => (dead ? new Promise(() => {}) : Reflect.apply(value, target, args));
      },
    });
  return {
    die: () => {
      dead = true;
    },
    store: { time: store.time, table: (name) => wrap(store.table(name)) },
  };
}

/** `store` in which batches can be looked at, and refused, before they are sent. */
function watched(store: Store, look: (operations: readonly BatchOperation[]) => void): Store {
  const wrap = (table: Table): Table => ({
    name: table.name,
    get: (partitionKey, rowKey) => table.get(partitionKey, rowKey),
    list: (partitionKey, range) => table.list(partitionKey, range),
    scan: () => table.scan(),
    insert: (row) => table.insert(row),
    replace: (row, etag) => table.replace(row, etag),
    delete: (partitionKey, rowKey, etag) => table.delete(partitionKey, rowKey, etag),
    async batch(partitionKey, operations) {
      look(operations);
      return table.batch(partitionKey, operations);
    },
  });
  return { time: store.time, table: (name) => wrap(store.table(name)) };
}

describe('two runs on one shard', () => {
  it('two runs at the same moment never both commit', async () => {
    await world.connectMailbox(ada);
    await world.poll();
    inbox().add('one');
    inbox().add('two');
    world.time.pass(60_000);
    const wakeUp = world.wakeUp(1);
    const commits: string[] = [];
    const run = (name: string) => world.runner({ store: watched(world.store, () => commits.push(name)) }).run(wakeUp);
    await Promise.all([run('first'), run('second')]);
    expect(world.receiver.subjects()).toEqual(['one', 'two']);
    expect(new Set(commits).size).toBe(1);
  });

  it('one after the other: the second leaves the first its lease', async () => {
    await world.connectMailbox(ada);
    await world.poll();
    inbox().add('one');
    world.time.pass(60_000);
    const wakeUp = world.wakeUp(1);
    const { open, passed } = gate();
    const posted = gate();
    world.receiver.answer = async () => {
      posted.open();
      await passed;
      return accepted;
    };
    const first = world.runner().run(wakeUp);
    await posted.passed;
    await world.runner().run({ ...wakeUp, why: 'asked' });
    open();
    await first;
    expect(world.receiver.subjects()).toEqual(['one']);
  });
});

describe('two processes by turns', () => {
  it('each hear that the other has held the shard, and not of themselves', async () => {
    const mailbox = await world.connectMailbox(ada);
    const heard: string[] = [];
    const process = (name: string) => world.runner({ otherHeld: (shard) => heard.push(`${name} ${shard}`) });
    const [one, other] = [process('one'), process('other')];
    const shard = Number(mailbox.id.slice(4, 8));
    for (const runner of [one, one, other, other, one, one]) {
      world.time.pass(60_000);
      await runner.run(world.wakeUp(shard));
    }
    expect(heard).toEqual([`one ${shard}`, `other ${shard}`, `one ${shard}`]);
  });
});

describe('an answer of the store that is lost on its way', () => {
  let azurite: SuiteAzurite;
  let proxy: LossyProxy;
  onEmptyTables((store, ofSuite) => {
    azurite = ofSuite;
    world = engineWorld(store);
  });
  beforeAll(async () => {
    proxy = await startLossyProxy((await azuriteOfSuite()).tablePort);
    return () => proxy.stop();
  });

  it.each(['cut', 'hang'] as const)(
    '(%s) costs nothing but time: the run continues, nothing comes twice',
    async (how) => {
      const mailbox = await world.connectMailbox(ada);
      await world.poll();
      for (let n = 1; n <= 5; n++) inbox().add(`mail ${n}`);
      const connectionString = azurite.connectionString.replace(`:${azurite.tablePort}/`, `:${proxy.port}/`);
      const through = createAzureStore(
        { tables: { connectionString }, identityClientId: undefined },
        { clock: systemClock, timeoutMs: 1000 },
      );
      await through.table('mail').get('s0001', '!');
      let lost: Promise<void> | undefined;
      world.receiver.answer = (event) => {
        if (subjectOf(event) === 'mail 2') lost = proxy.loseNext('$batch', how);
        return accepted;
      };
      await world.poll({ store: world.time.at(through) });
      await lost;
      expect(lost).toBeDefined();
      expect(world.receiver.arrivals.filter(({ event }) => event.type === 'message.received')).toHaveLength(5);
      expect(world.receiver.subjects()).toEqual([1, 2, 3, 4, 5].map((n) => `mail ${n}`));
      expect(await world.cursor(mailbox)).toMatchObject({ lastUid: 5 });
      expect((await world.shard(mailbox)).owner).toBe('');
      expect(world.logged.filter(({ event }) => event === 'shard.lease_lost')).toEqual([]);
    },
  );
});

describe('a worker that dies', () => {
  it('a death between POST and commit repeats only that message, under the same id', async () => {
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    for (let n = 1; n <= 4; n++) inbox().add(`mail ${n}`);
    const { store, die } = mortal(world.store);
    const dead = gate();
    world.receiver.answer = (event) => {
      if (subjectOf(event) === 'mail 2') {
        die();
        dead.open();
      }
      return accepted;
    };
    world.time.pass(60_000);
    void world.runner({ store }).run(world.wakeUp(1));
    await dead.passed;
    await new Promise((resolve) => setTimeout(resolve, 50));
    world.receiver.answer = () => accepted;
    // Its lease still holds; after that, ten seconds more.
    world.time.pass(60_000);
    await world.runner().run(world.wakeUp(1));
    expect(world.receiver.subjects()).toEqual(['mail 1', 'mail 2']);
    world.time.pass(leaseIsFree - 60_000);
    await world.runner().run(world.wakeUp(1));
    const events = world.receiver.ofType('message.received');
    expect(events.map(({ data }) => data.subject)).toEqual(['mail 1', 'mail 2', 'mail 2', 'mail 3', 'mail 4']);
    expect(events[2]?.id).toBe(events[1]?.id);
    expect(events[2]?.data).toEqual(events[1]?.data);
    expect(new Set(events.map(({ id }) => id)).size).toBe(4);
    expect((await world.shard(mailbox)).starts).toBe(0);
  });

  it('a worker that dies in its first poll after a reconnect leaves the requested poll to the next worker', async () => {
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    inbox().add('waiting');
    await world.poll({ token: () => Promise.reject(new BrokerError('grant_expired')) });
    expect(await world.state(mailbox)).toMatchObject({ state: 'reconnect_required' });
    await world.registry.ask(mailbox.id);
    const { store, die } = mortal(world.store);
    const dead = gate();
    world.receiver.answer = () => {
      die();
      dead.open();
      return down;
    };
    world.time.pass(60_000);
    void world.runner({ store }).run(world.wakeUp(1));
    await dead.passed;
    world.receiver.answer = () => accepted;
    world.time.pass(leaseIsFree);
    await world.runner().run(world.wakeUp(1));
    expect(world.receiver.subjects()).toEqual(['waiting']);
    expect(await world.state(mailbox)).toMatchObject({ state: 'active', code: '' });
  });

  it('a death between the commit of the entry and the POST delivers the message once', async () => {
    await world.connectMailbox(ada);
    await world.poll();
    inbox().add('one');
    const { store, die } = mortal(world.store);
    const dead = gate();
    const deliverer = {
      deliver: () => {
        die();
        dead.open();
        return new Promise<never>(() => {});
      },
    };
    world.time.pass(60_000);
    void world.runner({ store, deliverer }).run(world.wakeUp(1));
    await dead.passed;
    world.time.pass(leaseIsFree);
    await world.runner().run(world.wakeUp(1));
    expect(world.receiver.subjects()).toEqual(['one']);
  });

  it('a worker that dies at any of its commits loses nothing and repeats at most the message under way', async () => {
    await world.connectMailbox(ada, ['INBOX', 'Archive']);
    await world.poll();
    let expected = 0;
    for (let commit = 0; commit < 8; commit++) {
      for (let n = 0; n < 3; n++) {
        inbox().add(`round ${commit} mail ${n}`);
        expected += 1;
      }
      if (commit % 3 === 2)
        world.mail
          .mailbox(ada)
          .folder('INBOX')
          .move(inbox().messages[0]?.uid ?? 0, world.mail.mailbox(ada).folder('Archive'));
      let left = commit;
      const { store, die } = mortal(world.store);
      const dead = gate();
      const dying = watched(store, () => {
        if (left-- === 0) {
          // Every second time the batch still arrives.
          if (commit % 2 === 0) die();
          else setImmediate(die);
          dead.open();
        }
      });
      world.time.pass(leaseIsFree);
      const run = world.runner({ store: dying }).run(world.wakeUp(1));
      await Promise.race([dead.passed, run]);
      await new Promise((resolve) => setTimeout(resolve, 30));
      world.time.pass(leaseIsFree);
      await world.runner().run(world.wakeUp(1));
    }
    await world.poll();
    const events = world.receiver.ofType('message.received');
    expect(new Set(events.map(({ data }) => data.subject)).size).toBe(expected);
    expect(new Set(events.map(({ id }) => id)).size).toBe(expected);
    expect(events.length).toBeLessThanOrEqual(expected + 8);
    const first = new Map(events.map(({ id, data }) => [id, data.subject]));
    expect([...first.values()]).toEqual([...first.values()].toSorted());
  }, 60_000);
});

describe('a lease that is lost in the middle', () => {
  it('stops the run, and nothing of it is committed any more', async () => {
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    for (let n = 1; n <= 3; n++) inbox().add(`mail ${n}`);
    const late = gate();
    const posted = gate();
    const slow = {
      deliver: async (...[destination, event, signal]: Parameters<typeof world.receiver.deliver>) => {
        if (subjectOf(event) !== 'mail 2') return world.receiver.deliver(destination, event, signal);
        posted.open();
        await late.passed;
        return world.receiver.deliver(destination, event, new AbortController().signal);
      },
    };
    const batches: (readonly BatchOperation[])[] = [];
    let over = false;
    const store = watched(world.store, (operations) => {
      if (over) batches.push(operations);
    });
    world.time.pass(60_000);
    const first = world.runner({ deliverer: slow, store }).run(world.wakeUp(1));
    await posted.passed;
    world.time.pass(leaseIsFree);
    await world.runner().run(world.wakeUp(1));
    const after = await world.shard(mailbox);
    expect(world.receiver.subjects()).toEqual(['mail 1', 'mail 2', 'mail 3']);
    over = true;
    late.open();
    expect(await first).toBeUndefined();
    expect(await world.shard(mailbox)).toEqual(after);
    expect(await world.cursor(mailbox)).toMatchObject({ lastUid: 3 });
    expect(world.logged.filter(({ event }) => event === 'shard.lease_lost')).toHaveLength(1);
    // The copy that was under way bears the id of the one that counts.
    const ids = world.receiver.ofType('message.received').map(({ id }) => id);
    expect(ids.length).toBe(4);
    expect(new Set(ids).size).toBe(3);
  });
});

describe('a store that does not answer', () => {
  it('fails the run and its invocation', async () => {
    await world.connectMailbox(ada);
    await world.poll();
    inbox().add('one');
    const dead: Store = {
      time: world.store.time,
      table: (name) => ({
        ...watched(world.store, () => {
          throw new StoreError('unreachable', { table: name });
        }).table(name),
      }),
    };
    world.time.pass(60_000);
    const running = expect(world.runner({ store: dead }).run(world.wakeUp(1))).rejects.toMatchObject({
      kind: 'unreachable',
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    world.time.pass(leaseIsFree);
    await running;
    expect(world.receiver.subjects()).toEqual([]);
    await world.poll();
    await world.poll();
    expect(world.receiver.subjects()).toEqual(['one']);
  });

  it('a store that does not answer for one mailbox does not affect the others, and the mailbox reports it', async () => {
    const rejected = await world.connectMailbox(ada);
    await world.connectMailbox(bea);
    await world.poll();
    inbox(ada).add('for ada');
    inbox(bea).add('for bea');
    const store = watched(world.store, (operations) => {
      if (operations.some((one) => one.kind === 'upsert' && one.row.rowKey.startsWith(`c!${rejected.id}`))) {
        throw new StoreError('refused');
      }
    });
    await world.poll({ store });
    expect(world.receiver.subjects()).toEqual(['for bea']);
    expect(await world.state(rejected)).toMatchObject({ state: 'degraded', code: 'row_refused' });
    await world.poll();
    await world.poll();
    expect(world.receiver.subjects()).toEqual(['for bea', 'for ada']);
    expect(await world.state(rejected)).toMatchObject({ state: 'active' });
  });
});

describe('the end of the process', () => {
  it('lets the message under way settle, and gives the lease back', async () => {
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    for (let n = 1; n <= 5; n++) inbox().add(`mail ${n}`);
    const runner = world.runner();
    let stopping: Promise<void> | undefined;
    world.receiver.answer = (event) => {
      if (subjectOf(event) === 'mail 2') stopping = runner.stop();
      return accepted;
    };
    world.time.pass(60_000);
    expect(await runner.run(world.wakeUp(1))).toBeUndefined();
    await stopping;
    expect((await world.shard(mailbox)).owner).toBe('');
    const before = world.receiver.subjects();
    expect(before.length).toBeLessThan(5);
    await world.poll();
    expect(world.receiver.subjects()).toEqual([1, 2, 3, 4, 5].map((n) => `mail ${n}`));
  });

  it('waits no longer than five seconds for a receiver that does not answer', async () => {
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    inbox().add('one');
    const posted = gate();
    const clock = {
      ...world.time.clock,
      sleep: (ms: number, signal?: AbortSignal) => world.time.clock.sleep(ms / 20, signal),
    };
    const runner = world.runner({
      clock,
      deliverer: {
        deliver: (_destination, _event, signal) => {
          posted.open();
          return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
        },
      },
    });
    world.time.pass(60_000);
    const run = runner.run(world.wakeUp(1));
    await posted.passed;
    await runner.stop();
    expect(await run).toBeUndefined();
    expect((await world.shard(mailbox)).owner).toBe('');
    await world.poll();
    expect(world.receiver.subjects()).toEqual(['one']);
  });
});

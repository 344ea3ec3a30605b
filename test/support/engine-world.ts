import { buildMailboxEvent } from '../../src/lib/delivery/events/mailbox-event.ts';
import { buildMessageReceived } from '../../src/lib/delivery/events/message-event.ts';
import type { Clock } from '../../src/lib/domain/clock.ts';
import { shardKey, shardOfMailbox } from '../../src/lib/domain/ids.ts';
import { systemClock, systemRandom } from '../../src/lib/domain/system.ts';
import type { Log, LogFields } from '../../src/lib/log.ts';
import type { UpsertInput } from '../../src/lib/store/mailboxes/registry.ts';
import { decodeCursor } from '../../src/lib/store/rows/cursor-row.ts';
import { cursorRowKey, recentMessagesRowKey, shardRowKey, stateRowKey } from '../../src/lib/store/rows/keys.ts';
import { decodeRecentMessages } from '../../src/lib/store/rows/recent-messages-row.ts';
import type { MailboxRow } from '../../src/lib/store/rows/rows.ts';
import { decodeShard } from '../../src/lib/store/rows/shard-row.ts';
import { decodeState } from '../../src/lib/store/rows/state-row.ts';
import type { Store } from '../../src/lib/store/table/table.ts';
import { createDispatcher } from '../../src/lib/sync/run/dispatcher.ts';
import { createShardRunner } from '../../src/lib/sync/run/runner.ts';
import type { ShardRunnerDeps } from '../../src/lib/sync/state/types.ts';
import { type ShardWakeUp, tickAt } from '../../src/lib/sync/state/wake-up.ts';
import { memoryMail } from './memory-mail.ts';
import { memoryReceiver } from './memory-receiver.ts';
import { registryWorld } from './registry-world.ts';

export const intervalSeconds = 60;

/** A time that can be moved ahead, as a whole: the server's and ours. Waiting takes real time. */
export function movableTime(store: Store) {
  const offset = { ms: 0 };
  const clock: Clock = {
    now: () => systemClock.now() + offset.ms,
    monotonic: () => systemClock.monotonic() + offset.ms,
    sleep: systemClock.sleep,
    caughtUp: systemClock.caughtUp,
  };
  const time = {
    whenWriting: () => store.time.whenWriting() + offset.ms,
    whenJudging: () => store.time.whenJudging() + offset.ms,
  };
  return {
    clock,
    offset,
    at: (other: Store): Store => ({ time, table: (name) => other.table(name) }),
    pass(ms: number) {
      offset.ms += ms;
    },
  };
}

/** The engine with real rows, and with mailboxes and a receiver in memory. */
export function engineWorld(real: Store) {
  const time = movableTime(real);
  const store = time.at(real);
  const now = () => new Date(time.clock.now());
  const mail = memoryMail(now);
  const receiver = memoryReceiver();
  const registry = registryWorld(real, time.offset);
  const logged: { event: string; fields?: LogFields }[] = [];
  const note = (event: string, fields?: LogFields) =>
    void logged.push({ event, ...(fields === undefined ? {} : { fields }) });
  const log: Log = {
    info: note,
    warn: note,
    error: (event, error, fields) => note(event, { error: String(error), ...fields }),
  };

  const depsOf = (more: Partial<ShardRunnerDeps> = {}): ShardRunnerDeps => ({
    store,
    clock: time.clock,
    random: systemRandom,
    log,
    imap: mail,
    deliverer: receiver,
    token: async ({ address }, { force }) => `token-${address}${force ? '-fresh' : ''}`,
    messageReceived: buildMessageReceived,
    mailboxEvent: buildMailboxEvent,
    forget: (mailbox) => registry.registry.forget(mailbox),
    intervalSeconds,
    ...more,
  });
  /** The two estimates of the server's time are a second apart; both must be in the same tick. */
  function leaveBorder(): void {
    const tickMs = intervalSeconds * 1000;
    const into = store.time.whenJudging() % tickMs;
    if (into > tickMs - 3000) time.pass(tickMs - into + 100);
  }

  const dispatcher = createDispatcher({ store, directory: registry.directory, intervalSeconds });
  const runner = (more: Partial<ShardRunnerDeps> = {}) => createShardRunner(depsOf(more));
  const table = store.table('mail');

  return {
    ...registry,
    store,
    time,
    mail,
    receiver,
    logged,
    log,
    runner,
    dispatcher,
    now,
    /** Connects a mailbox of its own shard or the first one with room, with the folders as they are now. */
    async connectMailbox(
      address: string,
      paths: readonly string[] = ['INBOX'],
      more: Partial<UpsertInput> = {},
    ): Promise<MailboxRow> {
      const folders = paths.map((path) => {
        const { role, uidNext, uidValidity, messages } = mail.mailbox(address).folder(path);
        return { path, role, status: { uidNext, uidValidity, messages: messages.length, unseen: 0 } };
      });
      const { mailbox } = await registry.connect(registry.person(address), { folders, ...more });
      return mailbox;
    },
    wakeUp(shard: number, more: Partial<ShardWakeUp> = {}): ShardWakeUp {
      leaveBorder();
      const tick = tickAt(store.time.whenJudging(), intervalSeconds);
      return { v: 1, kind: 'shard', shard, tick, cont: 0, why: 'tick', ...more };
    },
    /** One tick later: the dispatcher's wake-ups, and the continuations they lead to. */
    async poll(more: Partial<ShardRunnerDeps> = {}): Promise<void> {
      time.pass(intervalSeconds * 1000);
      await store.table('directory').list('dir');
      leaveBorder();
      const one = runner(more);
      const todo = await dispatcher.wakeUps();
      for (let wakeUp = todo.shift(); wakeUp !== undefined; wakeUp = todo.shift()) {
        const next = await one.run(wakeUp);
        if (next !== undefined) todo.push(next);
      }
    },
    async polls(count: number, more: Partial<ShardRunnerDeps> = {}): Promise<void> {
      for (let done = 0; done < count; done++) await this.poll(more);
    },
    async shard(of: MailboxRow) {
      const row = await table.get(shardKey(shardOfMailbox(of.id) ?? 0), shardRowKey);
      if (row === undefined) throw new Error('no shard');
      return decodeShard(row);
    },
    async state(of: MailboxRow) {
      const row = await table.get(shardKey(shardOfMailbox(of.id) ?? 0), stateRowKey(of.id));
      return row === undefined ? undefined : decodeState(row);
    },
    async cursor(of: MailboxRow, path = 'INBOX') {
      const id = of.folders.find((folder) => folder.path === path)?.id ?? '';
      const row = await table.get(shardKey(shardOfMailbox(of.id) ?? 0), cursorRowKey(of.id, id));
      return row === undefined ? undefined : decodeCursor(row);
    },
    async recent(of: MailboxRow, path = 'INBOX') {
      const id = of.folders.find((folder) => folder.path === path)?.id ?? '';
      const row = await table.get(shardKey(shardOfMailbox(of.id) ?? 0), recentMessagesRowKey(of.id, id));
      return row === undefined ? undefined : decodeRecentMessages(row);
    },
  };
}

export type EngineWorld = ReturnType<typeof engineWorld>;

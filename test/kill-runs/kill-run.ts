import { setTimeout as delay } from 'node:timers/promises';
import { decodeCursor } from '../../src/lib/store/rows/cursor-row.ts';
import { decodeMailbox } from '../../src/lib/store/rows/mailbox-row.ts';
import { dice } from '../simulation/dice.ts';
import { rowsOfTable } from '../support/tables.ts';
import { type KillStack, type Stream, type Victim, victims } from './stack.ts';

export interface KillRunOptions {
  readonly messages?: number;
  /** Who is killed, in this order; drawn if left out: one to three, of whom the first goes round from seed to seed. */
  readonly kills?: readonly Victim[];
  /** Whom to draw from. */
  readonly among?: readonly Victim[];
}

export interface KillRun {
  readonly seed: number;
  readonly kills: readonly Victim[];
  /** Everything that is not as it has to be, in sentences; empty if every promise was kept. */
  readonly faults: readonly string[];
  /** Messages that came more than once under their one key. */
  readonly resent: number;
}

/**
 * For so long nothing may come of what is still to come: a retry waits for minutes at most, and the machine may have much
 * else to do.
 */
const patienceMs = 180_000;

/**
 * 500 messages flow through a running stack while some of its processes are killed, each when a drawn number of messages
 * has arrived. Then everything settles, and each message has to have come, under one key, and none more often than the
 * bound allows. What is drawn follows from the seed; what the processes make of it is theirs.
 */
export async function killRun(stack: KillStack, seed: number, options: KillRunOptions = {}): Promise<KillRun> {
  const { messages = 500, among = victims } = options;
  const { below, between, pick } = dice(`kill run ${seed}`);
  const begun = stack.arrivals().length;
  const sent = new Map<string, Stream>();
  const ofThisRun = () => stack.arrivals().slice(begun);

  const drawn = Array.from({ length: 1 + below(3) }, (_, index) =>
    index === 0 ? among[seed % among.length] : pick(among),
  ).filter((victim) => victim !== undefined);
  const kills = options.kills ?? drawn;
  const moments = kills
    .map(() => ({ afterArrivals: below(messages - 20), andMs: between(0, 100), downMs: between(0, 800) }))
    .sort((one, other) => one.afterArrivals - other.afterArrivals);
  const bursts = Array.from({ length: messages }, (_, index) => ({
    subject: `run ${seed} message ${String(index).padStart(3, '0')}`,
    stream: pick(stack.streams),
    pauseMs: below(12) === 0 ? between(0, 150) : 0,
  }));

  const flow = async () => {
    for (const { subject, stream, pauseMs } of bursts) {
      if (stream === undefined) continue;
      sent.set(subject, stream);
      await stack.deliver(stream, subject);
      if (pauseMs > 0) await delay(pauseMs);
    }
  };
  const death = async () => {
    for (const [index, { afterArrivals, andMs, downMs }] of moments.entries()) {
      const victim = kills[index] ?? 'worker';
      await until(stack, () => stack.arrivals().length - begun >= afterArrivals);
      await delay(andMs);
      await stack.kill[victim]();
      await delay(downMs);
      await stack.restart[victim]();
    }
  };
  await Promise.all([flow(), death()]);

  let open: readonly string[] | undefined;
  await until(stack, async () => {
    const came = new Set(ofThisRun().map(({ subject }) => subject));
    if ([...sent.keys()].some((subject) => !came.has(subject))) return false;
    await delay(200);
    open = await openFolders(stack);
    return open.length === 0;
  });
  open ??= await openFolders(stack);
  const { faults, resent } = judge(ofThisRun(), sent, kills);
  return { seed, kills, faults: [...open, ...faults], resent };
}

/** Waits for a condition; not for ever, if nothing arrives any more. */
async function until(stack: KillStack, isSo: () => boolean | Promise<boolean>): Promise<void> {
  let count = -1;
  for (let end = Date.now() + patienceMs; Date.now() < end; ) {
    if (await isSo()) return;
    const now = stack.arrivals().length;
    if (now > count) end = Date.now() + patienceMs;
    count = now;
    await delay(30);
  }
}

/** Folders that are not settled up to their last message: their unsent messages would come later. */
async function openFolders(stack: KillStack): Promise<string[]> {
  const rows = await rowsOfTable(stack.world.store, 'mail');
  const mailboxes = rows.filter(({ rowKey }) => rowKey.startsWith('a!')).map(decodeMailbox);
  const cursors = rows.filter(({ rowKey }) => rowKey.startsWith('c!')).map(decodeCursor);
  const left = rows.filter(({ rowKey }) => /^[dx]!/.test(rowKey)).map(({ rowKey }) => `there is a row ${rowKey}`);
  const open = stack.streams.flatMap((stream) => {
    const id = mailboxes.find(({ address }) => address === stream.address)?.id;
    const cursor = cursors.find(({ mailboxId, path }) => mailboxId === id && path === stream.path);
    const isDone =
      cursor !== undefined &&
      cursor.lastUid === stack.delivered(stream) &&
      cursor.acked.length + cursor.uidGaps.length + cursor.retries === 0;
    return isDone
      ? []
      : [`${stream.address} ${stream.path} is settled up to ${cursor?.lastUid} of ${stack.delivered(stream)}`];
  });
  return [...left, ...open];
}

/** Every message once in effect, and no more sent again than the kills explain. Pure. */
export function judge(
  arrivals: readonly { readonly key: string; readonly subject: string }[],
  sent: ReadonlyMap<string, Stream>,
  kills: readonly Victim[],
): Pick<KillRun, 'faults' | 'resent'> {
  const faults: string[] = [];
  const keysOf = Map.groupBy(arrivals, ({ subject }) => subject);
  const subjectsOf = Map.groupBy(arrivals, ({ key }) => key);
  for (const [subject, { address, path }] of sent) {
    const keys = new Set(keysOf.get(subject)?.map(({ key }) => key));
    if (keys.size !== 1) faults.push(`${subject}, in ${address} ${path}, came under ${keys.size} keys`);
  }
  for (const [key, about] of subjectsOf) {
    const subjects = new Set(about.map(({ subject }) => subject));
    if (subjects.size !== 1) faults.push(`${key} stands for ${subjects.size} messages`);
  }
  for (const subject of keysOf.keys()) if (!sent.has(subject)) faults.push(`${subject} came, and was of another run`);
  // Killing a process without part in the POST or its commit causes no repetition.
  const costly = kills.filter((victim) => victim !== 'imap').length;
  const resends = new Map<Stream, number>();
  for (const [subject, all] of keysOf) {
    const stream = sent.get(subject);
    if (stream !== undefined) resends.set(stream, (resends.get(stream) ?? 0) + all.length - 1);
  }
  for (const [{ address, path, bound }, count] of resends) {
    if (count > bound * costly) faults.push(`${count} of ${address} ${path} were sent again after ${costly} kills`);
  }
  return { faults, resent: [...resends.values()].reduce((sum, count) => sum + count, 0) };
}

import { setTimeout as delay } from 'node:timers/promises';
import type { Submission } from '../../src/lib/domain/submission.ts';
import { decodeSubmission } from '../../src/lib/store/submissions/submission-row.ts';
import { laneLeaseMs, laneTakeoverMs } from '../../src/lib/submissions/lane-lease.ts';
import { dice } from '../simulation/dice.ts';
import { rowsOfTable } from '../support/tables.ts';
import { type SendStack, type SendVictim, sendVictims } from './send-stack.ts';

export interface SendRun {
  readonly seed: number;
  readonly kills: readonly SendVictim[];
  /** Everything that is not as it has to be, in sentences; empty if every promise was kept. */
  readonly faults: readonly string[];
  /** How many ended in each state. */
  readonly ends: Readonly<Record<string, number>>;
}

/** Below the pace of an account, so that nothing has to wait for the next minute. */
const messagesOfRun = 24;

/** A request that is not answered is repeated under its key. */
const repeatMs = 200;

const patienceMs = 300_000;

/** A lease that is held for longer than any step takes: its process was killed. */
const deadMs = 30_000;

/**
 * Messages are handed over while processes are killed, each when a drawn number of messages was accepted. Then time
 * continues
 * until nothing waits any more: each has left once at most, is what it says it is, and was told of once in effect.
 */
export async function sendRun(
  stack: SendStack,
  seed: number,
  options: { readonly kills?: readonly SendVictim[] } = {},
): Promise<SendRun> {
  const { below, between, pick } = dice(`send run ${seed}`);
  const drawn = Array.from({ length: 1 + below(3) }, (_, index) =>
    index === 0 ? sendVictims[seed % sendVictims.length] : pick(sendVictims),
  ).filter((victim) => victim !== undefined);
  const kills = options.kills ?? drawn;
  const moments = kills
    .map(() => ({ after: below(messagesOfRun - 2), andMs: between(0, 400), downMs: between(0, 1_500) }))
    .sort((one, other) => one.after - other.after);
  const accepted = new Map<string, string>();

  const flow = async () => {
    for (let index = 0; index < messagesOfRun; index++) {
      const key = `run-${seed}-${index}`;
      const mailboxId = stack.mailboxIds[index % stack.mailboxIds.length] ?? '';
      const body = { to: ['grace@fabrikam.example'], subject: key, text: 'Hello' };
      const id = await untilAccepted(stack, mailboxId, key, body);
      if (id !== undefined) accepted.set(key, id);
      if (below(3) === 0) await delay(between(0, 300));
    }
  };
  const death = async () => {
    for (const [index, { after, andMs, downMs }] of moments.entries()) {
      const victim = kills[index] ?? 'worker';
      for (const end = Date.now() + patienceMs; accepted.size < after && Date.now() < end; ) await delay(20);
      await delay(andMs);
      await stack.kill[victim]();
      await delay(downMs);
      await stack.restart[victim]();
    }
  };
  await Promise.all([flow(), death()]);

  const ids = new Set(accepted.values());
  let open: readonly string[] = [];
  let freeAt = Date.now();
  for (const end = Date.now() + patienceMs; Date.now() < end; await delay(1_000)) {
    const rows = await rowsOfTable(stack.world.store, 'submissions');
    open = rows.filter(({ rowKey }) => rowKey.startsWith('w!')).map(({ rowKey }) => `${rowKey} is left`);
    const events = new Set(stack.told().map(({ id }) => id));
    if (open.length === 0 && [...ids].every((id) => events.has(id))) break;
    // What waits for a look into Sent, or for the end of a lease, need not wait in real time; who is at work has all of it.
    const isHeld = [...rows, ...(await rowsOfTable(stack.world.store, 'mail'))].some(({ values }) =>
      Boolean(values.owner),
    );
    if (!isHeld || Date.now() - freeAt > deadMs) {
      stack.pass(isHeld ? laneLeaseMs + laneTakeoverMs : 20_000);
      freeAt = Date.now();
    }
  }
  const rows = await rowsOfTable(stack.world.store, 'submissions');
  const submissions = rows
    .filter(({ rowKey }) => rowKey.startsWith('s!'))
    .map((row) => decodeSubmission(row).submission)
    .filter(({ id }) => ids.has(id));
  const faults = [...open, ...judgeSending({ accepted, submissions, taken: stack.taken(), told: stack.told() })];
  const ends = Object.fromEntries(
    [...Map.groupBy(submissions, ({ state }) => state)].map(([state, all]) => [state, all.length]),
  );
  return { seed, kills, faults, ends };
}

async function untilAccepted(
  stack: SendStack,
  mailboxId: string,
  key: string,
  body: Record<string, unknown>,
): Promise<string | undefined> {
  for (const end = Date.now() + patienceMs; Date.now() < end; await delay(repeatMs)) {
    try {
      const headers = { 'idempotency-key': key };
      const answer = await stack.world.api('POST', `mailboxes/${mailboxId}/send`, { body, headers });
      if (answer.status === 202) return answer.body.id;
      if (answer.status < 500) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`, { cause: 'final' });
    } catch (error) {
      // The process is down, or went down in the middle.
      if (error instanceof Error && error.cause === 'final') throw error;
    }
  }
  return undefined;
}

/** What has to hold of every message. Pure. */
export function judgeSending({
  accepted,
  submissions,
  taken,
  told,
}: {
  /** By the key of the request: the id that was answered. */
  readonly accepted: ReadonlyMap<string, string>;
  readonly submissions: readonly Pick<Submission, 'id' | 'state' | 'owes'>[];
  readonly taken: readonly { readonly id: string }[];
  readonly told: readonly { readonly id: string; readonly type: string; readonly eventId: string }[];
}): string[] {
  const faults: string[] = [];
  const byId = new Map(submissions.map((each) => [each.id, each]));
  const takenOf = Map.groupBy(taken, ({ id }) => id);
  const toldOf = Map.groupBy(told, ({ id }) => id);
  if (new Set(accepted.values()).size < accepted.size) faults.push('two requests were answered with one submission');
  for (const [key, id] of accepted) {
    const found = byId.get(id);
    const times = takenOf.get(id)?.length ?? 0;
    if (times > 1) faults.push(`${key} left ${times} times`);
    if (found === undefined) {
      faults.push(`${key} was accepted, and is in no table`);
      continue;
    }
    const { state } = found;
    if (state !== 'sent' && state !== 'unknown') faults.push(`${key} is ${state}`);
    if (state === 'sent' && times === 0) faults.push(`${key} is sent, and never left`);
    const events = Map.groupBy(toldOf.get(id) ?? [], ({ type }) => type);
    if (!events.has(`submission.${state}`)) faults.push(`nobody was told that ${key} is ${state}`);
    for (const [type, all] of events) {
      const ids = new Set(all.map(({ eventId }) => eventId));
      if (ids.size > 1) faults.push(`${type} of ${key} was told under ${ids.size} ids`);
    }
  }
  return faults;
}

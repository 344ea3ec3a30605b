import type { ComposedMail } from '../../src/lib/compose/composed.ts';
import type { SendVia, WayName } from '../../src/lib/domain/submission.ts';
import { systemRandom } from '../../src/lib/domain/system.ts';
import { BrokerError, type ErrorCode } from '../../src/lib/errors.ts';
import type { Way, WayResult } from '../../src/lib/send/way.ts';
import { encodeMailbox } from '../../src/lib/store/rows/mailbox-row.ts';
import type { MailboxRow } from '../../src/lib/store/rows/rows.ts';
import { laneOf } from '../../src/lib/store/submissions/submission-keys.ts';
import { createSubmissionRows } from '../../src/lib/store/submissions/submissions.ts';
import type { Blobs } from '../../src/lib/store/table/blobs.ts';
import type { Store, Table } from '../../src/lib/store/table/table.ts';
import { accept, type SendWish } from '../../src/lib/submissions/accept.ts';
import { createDecisions } from '../../src/lib/submissions/decide.ts';
import { createDraftSweeper } from '../../src/lib/submissions/ending/leftover-drafts.ts';
import { createLaneRunner } from '../../src/lib/submissions/lane-run.ts';
import { createStoredMail } from '../../src/lib/submissions/stored-mail.ts';
import type { SendingDeps, SendWakeUp } from '../../src/lib/submissions/types.ts';
import { memoryBlobs } from './memory-blobs.ts';
import { memoryStore } from './memory-store.ts';
import { Killed } from './mortal-store.ts';
import { sendingMailbox as mailbox } from './rows.ts';
import { memorySealer } from './sealer.ts';
import { type VirtualClock, virtualClock } from './virtual-clock.ts';

export { mailbox };

/** What is left when a process dies: the tables, the blobs, the mail server. */
export interface SendingWorld {
  readonly clock: VirtualClock;
  readonly store: Store;
  readonly blobs: Blobs & { readonly names: () => string[] };
  readonly server: MailServer;
  readonly lane: string;
  /** Every row of a table whose key begins so. */
  rows(
    table: 'submissions' | 'mail',
    kind: string,
  ): Promise<readonly { readonly rowKey: string; readonly values: object }[]>;
}

/** A mail server as far as sending sees it. */
export interface MailServer {
  /** Messages that it took, by the id of their submission, in order; and how each read. */
  readonly taken: { readonly id: string; readonly text: string }[];
  /** After so long the copy shows in Sent. Infinity: never. */
  copyAfterMs: number;
  /** What it answers next; without one it accepts. `died`: it takes the message and breaks the connection. */
  readonly answers: (WayResult | 'died' | BrokerError)[];
  /** What signing in answers next. */
  readonly logins: (Exclude<WayResult, { readonly kind: 'accepted' | 'unknown' | 'refused' }> | BrokerError)[];
  /** Sent cannot be looked into. */
  sentFault: BrokerError | undefined;
  /** Copies in Sent of the mailbox itself. */
  readonly filed: { readonly id: string; readonly path: string; readonly text: string }[];
  /** Originals that were marked as answered or forwarded, by their messageRef. */
  readonly marked: string[];
  /** Why it marks none. */
  markFault: ErrorCode | undefined;
  readonly copies: { readonly id: string; readonly at: number }[];
}

export async function sendingWorld(): Promise<SendingWorld> {
  const clock = virtualClock();
  const store = memoryStore(clock);
  await store.table('mail').insert(encodeMailbox(mailbox));
  return {
    clock,
    store,
    blobs: memoryBlobs(clock),
    lane: laneOf(mailbox),
    server: {
      taken: [],
      copies: [],
      answers: [],
      logins: [],
      copyAfterMs: 1_000,
      sentFault: undefined,
      marked: [],
      filed: [],
      markFault: undefined,
    },
    async rows(table, kind) {
      const found: { rowKey: string; values: object }[] = [];
      for await (const row of store.table(table).scan()) if (row.rowKey.startsWith(kind)) found.push(row);
      return found;
    },
  };
}

/** Where a process dies: before or after its n-th step that someone else can see. */
export interface Death {
  readonly atStep: number;
  readonly done: boolean;
}

export interface Process {
  accept(wish?: Partial<SendWish>): Promise<{ readonly id: string }>;
  run(): Promise<void>;
  readonly deps: SendingDeps;
  readonly decisions: ReturnType<typeof createDecisions>;
  /** Steps so far: writes to tables and blobs, and what the mail server takes. */
  readonly steps: () => number;
  readonly wakes: { readonly hint: SendWakeUp; readonly delayMs: number }[];
  /** What the mailbox is for the next run. */
  mailbox: MailboxRow;
  sendVia: SendVia;
}

const sealer = memorySealer().sealer;

async function* bytes(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

export function composed(subject = 'Offer', recipients: readonly string[] = ['grace@fabrikam.example']): ComposedMail {
  return {
    from: mailbox.address,
    recipients,
    messageId: '<ours@contoso.example>',
    subject,
    bccHeader: 'Bcc: secret@fabrikam.example\r\n',
    mime: bytes(`Subject: ${subject}\r\n`, '\r\n', 'Hello\r\n'),
  };
}

/** Ways of a process; each request that its server sees goes through `step`. */
export type WaysOf = (step: <T>(act: () => Promise<T>) => Promise<T>) => ReadonlyMap<WayName, Way>;

/** A process of the broker, which may die. @param ways names of ways that lead to the world's server, or ways of its own */
export function startProcess(
  world: SendingWorld,
  death?: Death,
  ways: readonly WayName[] | WaysOf = ['smtp'],
): Process {
  const { clock, server } = world;
  let steps = 0;
  let dead = false;
  const alive = () => {
    if (dead) throw new Killed();
  };
  /** A step that others can see: the process may die right before or right after. */
  const step = async <T>(act: () => Promise<T>): Promise<T> => {
    alive();
    steps += 1;
    if (steps !== death?.atStep) return act();
    dead = true;
    if (death.done) await act();
    throw new Killed();
  };

  const table = (inner: Table): Table => ({
    name: inner.name,
    get: async (...args) => {
      alive();
      return inner.get(...args);
    },
    list: async (...args) => {
      alive();
      return inner.list(...args);
    },
    scan: () => inner.scan(),
    insert: (row) => step(() => inner.insert(row)),
    replace: (row, etag) => step(() => inner.replace(row, etag)),
    delete: (...args) => step(() => inner.delete(...args)),
    batch: (...args) => step(() => inner.batch(...args)),
  });
  const store: Store = { time: world.store.time, table: (name) => table(world.store.table(name)) };
  const blobs: Blobs = {
    write: (name, content) => step(() => world.blobs.write(name, content)),
    delete: (name) => step(() => world.blobs.delete(name)),
    read: async (name) => {
      alive();
      return world.blobs.read(name);
    },
    list: () => world.blobs.list(),
  };

  const way = (name: WayName): Way => ({
    name,
    async prepare() {
      alive();
      const answer = server.logins.shift();
      if (answer instanceof BrokerError) throw answer;
      if (answer !== undefined) return answer;
      return {
        kind: 'ready',
        async send(mail) {
          const answer = server.answers.shift();
          if (answer instanceof BrokerError) throw answer;
          if (answer !== undefined && answer !== 'died' && answer.kind !== 'accepted') return answer;
          const chunks: Uint8Array[] = [];
          for await (const chunk of mail.open()) chunks.push(chunk);
          await step(async () => {
            server.taken.push({ id: mail.submissionId, text: Buffer.concat(chunks).toString() });
            server.copies.push({ id: mail.submissionId, at: clock.now() + server.copyAfterMs });
          });
          if (answer === 'died') return { kind: 'unknown', cause: new Error('the connection ended') };
          return answer ?? { kind: 'accepted', refused: [], serverMessageId: undefined };
        },
        close: async () => {},
      };
    },
  });

  const wakes: Process['wakes'] = [];
  const self: { mailbox: MailboxRow; sendVia: SendVia } = { mailbox, sendVia: 'auto' };
  const log = { info() {}, warn() {}, error() {} };
  const account = async (row: MailboxRow) => ({ mailbox: row, login: row.login });
  const open = typeof ways === 'function' ? ways(step) : new Map(ways.map((name) => [name, way(name)]));
  const deps: SendingDeps = {
    store,
    rows: createSubmissionRows({ store }),
    mail: createStoredMail({ blobs }),
    sealer,
    clock,
    random: systemRandom,
    log,
    ways: open,
    sent: {
      stood: async (row) => ({ mailboxId: row.id, path: 'Sent', stood: { uidValidity: 1n, uidNext: 1 } }),
      async file({ submissionId, place, source }) {
        alive();
        if (server.sentFault !== undefined) throw server.sentFault;
        const isThere = server.filed.some((each) => each.id === submissionId && each.path === place.path);
        if (isThere) return 'found';
        if (source === undefined) return 'absent';
        const text = Buffer.from(await source()).toString();
        await step(async () => void server.filed.push({ id: submissionId, path: place.path, text }));
        return 'stored';
      },
      async find(_mark, submissionId) {
        alive();
        if (server.sentFault !== undefined) throw server.sentFault;
        const copy = server.copies.find(({ id, at }) => id === submissionId && at <= clock.now());
        return copy && { messageId: '<theirs@exchange.example>' };
      },
    },
    markOriginal: (_mailboxId, original) =>
      step(async () => {
        server.marked.push(original.messageRef);
        return server.markFault;
      }),
    mailboxesOf: async () => [self.mailbox],
    sweepDrafts: createDraftSweeper({ ways: open, account, mailbox: async () => self.mailbox, clock, log }),
    account,
    copiesAlsoIn: async () => [],
    sendVia: () => self.sendVia,
    wake: (hint, delayMs) => step(async () => void wakes.push({ hint, delayMs })),
    wakeDraft: async () => {},
  };
  const runner = createLaneRunner(deps);
  return Object.assign(self, {
    deps,
    wakes,
    steps: () => steps,
    decisions: createDecisions(deps),
    run: () => runner.run(world.lane),
    accept: (wish: Partial<SendWish> = {}) =>
      accept(deps, {
        mailbox: self.mailbox,
        keyId: 'key',
        client: 'client',
        idempotencyKey: 'one',
        contentHash: 'hash',
        sendAt: undefined,
        expiresInMs: undefined,
        priority: 'interactive',
        onUnknown: 'ask',
        messageId: '<ours@contoso.example>',
        compose: async () => composed(),
        ...wish,
      }),
  });
}

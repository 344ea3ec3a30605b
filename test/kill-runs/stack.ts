import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startAzurite } from '../../local/azure/azurite.ts';
import type { DemoUser } from '../../local/entra/stand-in.ts';
import { freePort } from '../../local/free-port.ts';
import type { DovecotServer } from '../../local/mail/dovecot.ts';
import { windowSizes } from '../../src/lib/domain/events/window-size.ts';
import { leaseMs, takeoverMs } from '../../src/lib/store/shard/lease.ts';
import { shortMail } from '../support/mail.ts';
import { type StorageFront, startStorageFront } from '../support/storage-front.ts';
import { startWorld, type World } from '../support/world.ts';
import type { Arrival } from './arrivals.ts';
import { followFile, startKillable } from './killable.ts';
import { intoMaildir } from './maildir.ts';

/** A folder that mail flows into; `bound` is how many of its messages may be sent again for one kill. */
export interface Stream {
  readonly address: string;
  readonly path: string;
  readonly bound: number;
}

export const victims = ['worker', 'storage', 'imap', 'receiver'] as const;
export type Victim = (typeof victims)[number];

/** Everything as processes that can be killed and started again: the host, Azurite, Dovecot, the receiver. */
export interface KillStack {
  readonly streams: readonly Stream[];
  readonly world: World;
  /** Puts a message into a mailbox as a mail server does that delivers into a Maildir; whether Dovecot runs or not. */
  deliver(stream: Stream, subject: string): Promise<void>;
  /** How many messages were ever put into a folder, which is the UID of its last one. */
  delivered(stream: Stream): number;
  /** What the receiver has accepted since the stack began. */
  arrivals(): readonly Arrival[];
  readonly kill: Readonly<Record<Victim, () => Promise<void>>>;
  readonly restart: Readonly<Record<Victim, () => Promise<void>>>;
  stop(): Promise<void>;
}

/** One message at a time of a folder in order; a whole window of a folder whose records are found by their key. */
const boundOf = { webhook: 1, collection: windowSizes.most } as const;

const people = (['webhook', 'webhook', 'collection', 'collection'] as const).map((kind, index) => ({
  kind,
  user: {
    address: `${kind}-${index}@contoso.example`,
    name: `Person ${index}`,
    oid: `4a1de000-0000-4000-8000-${String(700 + index).padStart(12, '0')}`,
  } satisfies DemoUser,
}));
const paths = ['INBOX', 'Sent Items'];

export async function startKillStack(): Promise<KillStack> {
  const folder = await mkdtemp(join(tmpdir(), 'kill-runs-'));
  const parts: { stop(): Promise<void> }[] = [];
  const stop = async () => {
    for (const part of parts.splice(0).reverse()) await part.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const storage = await startStorageFront(await startAzurite({ location: join(folder, 'storage') }));
    parts.push(storage);
    const receiver = await startReceiver(join(folder, 'arrivals'));
    parts.push(receiver);
    const world = await startWorld({
      imap: 'dovecot',
      users: people.map(({ user }) => user),
      given: {
        TABLES_CONNECTION_STRING: storage.connectionString,
        AzureWebJobsStorage: storage.connectionString,
        PRIVATE_DESTINATIONS: `127.0.0.1:${receiver.port}=127.0.0.1/32`,
      },
    });
    parts.push(world);
    await connectAll(world, receiver.port);
    return { ...stackOf(world, storage, receiver), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function connectAll(world: World, port: number): Promise<void> {
  const base = `http://127.0.0.1:${port}`;
  const bodies = {
    webhook: { type: 'webhook', name: 'in order', url: `${base}/hook` },
    collection: {
      type: 'collection',
      name: 'records',
      url: `${base}/api`,
      auth: { type: 'bearer', token: 'a-key' },
      collections: { messages: 'messages', accounts: 'accounts', outbox: 'outbox' },
    },
  } as const;
  const ids = { webhook: '', collection: '' };
  for (const kind of ['webhook', 'collection'] as const) {
    const made = await world.api('POST', 'destinations', { body: bodies[kind] });
    if (made.status !== 201) throw new Error(`destinations: ${JSON.stringify(made.body)}`);
    ids[kind] = made.body.id;
  }
  for (const { user, kind } of people) {
    const { mailboxId } = await world.connect(user.address, { destinationId: ids[kind] });
    if (mailboxId === '') throw new Error(`${user.address} could not be connected.`);
  }
}

function stackOf(world: World, storage: StorageFront, receiver: Receiver): Omit<KillStack, 'stop'> {
  const imap = world.standIns.imap as DovecotServer;
  const streams = people.flatMap(({ user: { address }, kind }) =>
    paths.map((path): Stream => ({ address, path, bound: boundOf[kind] })),
  );
  const counts = new Map<Stream, number>(streams.map((stream) => [stream, 0]));
  return {
    world,
    streams,
    async deliver(stream, subject) {
      const maildir = join(imap.maildir(stream.address), stream.path === 'INBOX' ? '.' : `.${stream.path}`);
      const count = (counts.get(stream) ?? 0) + 1;
      counts.set(stream, count);
      await intoMaildir(maildir, `${Date.now()}.${count}.localhost`, await shortMail(stream.address, subject));
    },
    delivered: (stream) => counts.get(stream) ?? 0,
    arrivals: receiver.arrivals,
    kill: { worker: world.killHost, storage: storage.crash, imap: imap.crash, receiver: receiver.kill },
    restart: {
      worker: async () => {
        // Its lease has run out by the time that anyone else looks.
        storage.pass(leaseMs + takeoverMs);
        await world.startHost();
      },
      storage: storage.restart,
      imap: imap.restart,
      receiver: receiver.start,
    },
  };
}

interface Receiver {
  readonly port: number;
  start(): Promise<void>;
  kill(): Promise<void>;
  stop(): Promise<void>;
  arrivals(): readonly Arrival[];
}

async function startReceiver(file: string): Promise<Receiver> {
  const port = await freePort();
  const arrivals = followFile<Arrival>(file);
  const { start, kill } = await startKillable(join(import.meta.dirname, 'receiver.ts'), [String(port), file]);
  return {
    port,
    start,
    kill,
    stop: async () => {
      await kill();
      arrivals.close();
    },
    arrivals: () => arrivals.lines().filter(({ by }) => by !== 'outcome'),
  };
}

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startAzurite } from '../../local/azure/azurite.ts';
import { makeCertificates } from '../../local/certificates.ts';
import { freePort } from '../../local/free-port.ts';
import type { DovecotServer } from '../../local/mail/dovecot.ts';
import { leaseMs, takeoverMs } from '../../src/lib/store/shard/lease.ts';
import { shortMail } from '../support/mail.ts';
import { startStorageFront } from '../support/storage-front.ts';
import { startWorld, type World } from '../support/world.ts';
import type { Arrival } from './arrivals.ts';
import { followFile, startKillable } from './killable.ts';

export const sendVictims = ['worker', 'storage', 'smtp', 'receiver', 'imap'] as const;
export type SendVictim = (typeof sendVictims)[number];

/** Everything that sends, as processes that can be killed: the host, Azurite, Dovecot, a server for outgoing mail, a receiver. */
export interface SendStack {
  readonly world: World;
  readonly mailboxIds: readonly string[];
  /** What the server for outgoing mail has taken since the stack began. */
  taken(): readonly { readonly id: string }[];
  /** What the receiver has accepted of submissions. */
  told(): readonly { readonly id: string; readonly type: string; readonly eventId: string }[];
  /** The clock of the storage continues. */
  pass(ms: number): void;
  readonly kill: Readonly<Record<SendVictim, () => Promise<void>>>;
  readonly restart: Readonly<Record<SendVictim, () => Promise<void>>>;
  stop(): Promise<void>;
}

const people = [0, 1].map((index) => ({
  address: `sender-${index}@contoso.example`,
  name: `Sender ${index}`,
  oid: `4a1de000-0000-4000-8000-${String(800 + index).padStart(12, '0')}`,
}));

export async function startSendStack(): Promise<SendStack> {
  const folder = await mkdtemp(join(tmpdir(), 'send-runs-'));
  const parts: (() => Promise<void> | void)[] = [() => rm(folder, { recursive: true, force: true })];
  const stop = async () => {
    for (const part of parts.splice(0).reverse()) await part();
  };
  try {
    const storage = await startStorageFront(await startAzurite({ location: join(folder, 'storage') }));
    parts.push(() => storage.stop());

    const arrivals = followFile<Arrival>(join(folder, 'arrivals'));
    parts.push(() => arrivals.close());
    const receiverPort = await freePort();
    const receiver = await startKillable(join(import.meta.dirname, 'receiver.ts'), [
      String(receiverPort),
      join(folder, 'arrivals'),
    ]);
    parts.push(receiver.kill);

    const smtpPort = await freePort();
    const world = await startWorld({
      imap: 'dovecot',
      users: people,
      given: {
        TABLES_CONNECTION_STRING: storage.connectionString,
        AzureWebJobsStorage: storage.connectionString,
        PRIVATE_DESTINATIONS: `127.0.0.1:${receiverPort}=127.0.0.1/32`,
        SMTP_HOST: 'localhost',
        SMTP_PORT: String(smtpPort),
      },
    });
    parts.push(() => world.stop());
    const imap = world.standIns.imap as DovecotServer;

    const smtpFolder = join(folder, 'smtp');
    const { cert, key, ca } = await makeCertificates(join(folder, 'ca'));
    await mkdir(smtpFolder);
    await writeFile(join(smtpFolder, 'cert.pem'), cert);
    await writeFile(join(smtpFolder, 'key.pem'), key);
    const sentOf = people.map(({ address }) => [address, join(imap.maildir(address), '.Sent Items')]);
    await writeFile(join(smtpFolder, 'maildirs.json'), JSON.stringify(Object.fromEntries(sentOf)));
    const taken = followFile<{ id: string }>(join(smtpFolder, 'taken'));
    parts.push(() => taken.close());
    const smtp = await startKillable(join(import.meta.dirname, 'smtp-server.ts'), [String(smtpPort), smtpFolder]);
    parts.push(smtp.kill);
    // The host trusts what this file held when it began.
    const trusted = await readFile(world.services.stack.ca, 'utf8');
    await writeFile(world.services.stack.ca, `${trusted}\n${ca}`);
    await world.killHost();
    storage.pass(leaseMs + takeoverMs);
    await world.startHost();

    const made = await world.api('POST', 'destinations', {
      body: { type: 'webhook', name: 'in order', url: `http://127.0.0.1:${receiverPort}/hook` },
    });
    if (made.status !== 201) throw new Error(`destinations: ${JSON.stringify(made.body)}`);
    const mailboxIds: string[] = [];
    for (const { address } of people) {
      // Dovecot makes the Maildir with its first message.
      await imap.deliver(address, await shortMail(address, 'first'), { folder: 'Sent Items' });
      const { mailboxId } = await world.connect(address, { destinationId: made.body.id });
      if (mailboxId === '') throw new Error(`${address} could not be connected.`);
      mailboxIds.push(mailboxId);
    }
    return {
      world,
      mailboxIds,
      taken: taken.lines,
      told: () =>
        arrivals.lines().flatMap(({ by, key, subject }) => {
          const [type = '', id = ''] = subject.split(' ');
          return by === 'outcome' ? [{ id, type, eventId: key }] : [];
        }),
      pass: storage.pass,
      kill: {
        worker: world.killHost,
        storage: storage.crash,
        smtp: smtp.kill,
        receiver: receiver.kill,
        imap: imap.crash,
      },
      restart: {
        worker: async () => {
          storage.pass(leaseMs + takeoverMs);
          await world.startHost();
        },
        storage: storage.restart,
        smtp: smtp.start,
        receiver: receiver.start,
        imap: imap.restart,
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

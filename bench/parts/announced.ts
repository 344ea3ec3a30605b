import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { makeCertificates } from '../../local/certificates.ts';
import { freePort } from '../../local/free-port.ts';
import type { Running } from '../../local/running.ts';
import { awaitedLater } from '../../src/lib/domain/all-settled.ts';
import { type HostProcess, startHostProcess } from '../../test/support/host-process.ts';
import { startChild } from './child.ts';
import { dice } from './dice.ts';
import type { FarMailCalls } from './far-mail.ts';
import type { FarStoreCalls } from './far-store.ts';
import { fill } from './fill.ts';
import { until } from './measure.ts';
import { makeMessage } from './messages.ts';
import { type Site, startSite, webhook } from './site.ts';

/** Mail that Microsoft announces, taken through everything that is deployed. All times in seconds. */
export interface Announced {
  /** From the notification to the POST, in a process that is at work. */
  readonly warm: readonly number[];
  /** The same, of the first notification that a process gets, which was started for it. */
  readonly cold: readonly number[];
  /** Until the notification was answered, in a process that is at work. */
  readonly answered: readonly number[];
}

export interface AnnouncedOptions {
  readonly warm: number;
  readonly cold: number;
  readonly tell: (line: string) => void;
}

/** What cost.md assumes of Azure: the mail server, the tables and the queue are that far away. */
export const distances = { imapMs: 100, storageMs: 15, logInMs: 700 } as const;

const mailboxes = 12;

/**
 * Between two mails: longer than the host needs, after a message, until it looks into the queue as seldom as host.json
 * allows (local/host/back-off.ts). Mail that comes closer together is found sooner.
 */
const pauseMs = { least: 4_000, most: 6_000 } as const;

const seed = 17;

/**
 * The way of a notification: front door, Storage queue, the host's listener with host.json as it is deployed, the run of
 * the shard, the mail server, the commit, the POST. Mails come at random moments; a stand-in of Graph tells of each.
 */
export async function measureAnnounced({ warm, cold, tell }: AnnouncedOptions): Promise<Announced> {
  const running: Running[] = [];
  let host: HostProcess | undefined;
  try {
    const at = await startAnnounced(running);
    const { site, addresses } = at;
    host = await at.startHost();
    await at.connect(host);
    const found: { -readonly [K in keyof Announced]: number[] } = { warm: [], cold: [], answered: [] };
    const random = dice(seed);
    let number = 0;
    const next = async () => {
      const address = addresses[number % mailboxes] ?? '';
      number += 1;
      return announce(site, address, number);
    };
    for (let count = 0; count < warm; count++) {
      await delay(pauseMs.least + random() * (pauseMs.most - pauseMs.least));
      const { answered, delivered } = await next();
      found.answered.push(answered);
      found.warm.push(delivered);
      if ((count + 1) % 20 === 0) tell(`${count + 1} notifications`);
    }
    for (let count = 0; count < cold; count++) {
      await host.stop();
      host = await at.startHost();
      found.cold.push((await next()).delivered);
    }
    return found;
  } finally {
    await host?.stop();
    for (const one of running.reverse()) await one.stop();
  }
}

async function startAnnounced(running: Running[]) {
  const port = await freePort();
  const addresses = Array.from({ length: mailboxes }, (_, number) => `user${number}@contoso.example`);
  const given = { GRAPH_PERMISSIONS: 'Mail.ReadBasic', PUBLIC_URL: `http://localhost:${port}` };
  const site = await startSite({
    mail: 'dovecot',
    services: { brokerPort: port, appMailboxes: addresses, given },
  });
  running.push(site);
  const folder = await mkdtemp(join(tmpdir(), 'bench-announced-'));
  running.push({ stop: () => rm(folder, { recursive: true, force: true }) });
  const { cert, key, ca } = await makeCertificates(folder);
  const authorities = join(folder, 'all.pem');
  await writeFile(authorities, `${await readFile(site.ca, 'utf8')}\n${ca}`);
  const env = { NODE_EXTRA_CA_CERTS: authorities };
  const { imapMs, logInMs, storageMs } = distances;
  const mail = startChild<FarMailCalls>(new URL('far-mail.ts', import.meta.url), { env });
  running.push(mail);
  const imapPort = await mail.call('listen', { port: site.imap.port, cert, key, roundTripMs: imapMs, logInMs });
  let storage = site.services.storageConnectionString;
  for (const [, near = ''] of storage.matchAll(/(?:Table|Queue)Endpoint=http:\/\/[^:]+:(\d+)/g)) {
    const far = startChild<FarStoreCalls>(new URL('far-store.ts', import.meta.url));
    running.push(far);
    storage = storage.replace(`:${near}/`, `:${await far.call('listen', { port: Number(near), ms: storageMs })}/`);
  }
  const settings: Record<string, string> = {
    ...site.services.settings,
    IMAP_PORT: String(imapPort),
    TABLES_CONNECTION_STRING: storage,
    AzureWebJobsStorage: storage,
  };
  // Polls come as seldom as they do by default where mail is announced.
  delete settings.POLL_INTERVAL;
  site.services.standIns.entra?.giveApp(['IMAP.AccessAsApp', 'SMTP.SendAsApp', 'Mail.ReadBasic']);
  return {
    site,
    addresses,
    startHost: () => startHostProcess({ settings, port, env }),
    connect: (host: HostProcess) => connect(site, host, addresses),
  };
}

/** Adds the mailboxes, and waits for their first polls and their subscriptions. */
async function connect(site: Site, host: HostProcess, addresses: readonly string[]): Promise<void> {
  const post = async (path: string, body: unknown) => {
    const headers = { authorization: `Bearer ${site.services.stack.adminKey}`, 'content-type': 'application/json' };
    const answer = await fetch(`${host.url}/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  };
  const { id: destinationId } = (await (await post('api/destinations', webhook(site))).json()) as { id: string };
  for (const address of addresses)
    await post('api/mailboxes', { address, auth: 'app', destinationId, syncFrom: 'now', folders: [{ role: 'inbox' }] });
  // Housekeeping subscribes; its timer would come within five minutes.
  await post('admin/functions/housekeeping', {});
  const { graph } = site.services.standIns;
  const all = () => graph?.subscriptions.all().length ?? 0;
  await until('the subscriptions', async () => (all() >= addresses.length ? true : undefined), 120_000);
  // One mail each, which the first poll of a tick or its notification finds.
  await site.receiver.call('clear');
  for (const [number, address] of addresses.entries()) {
    await fill(site.imap, address, [makeMessage('text', 10_000 + number)]);
    await ring(site, address);
  }
  const arrived = async () => ((await site.receiver.call('count')) >= addresses.length ? true : undefined);
  await until('a mail of each mailbox', arrived, 180_000);
}

/** A mail, and its notification; in seconds since then. */
async function announce(site: Site, address: string, number: number) {
  await site.receiver.call('clear');
  await fill(site.imap, address, [makeMessage('text', number)]);
  const since = Date.now();
  const arrived = awaitedLater(site.receiver.call('reach', 1));
  await ring(site, address);
  const answered = (Date.now() - since) / 1000;
  const at = await Promise.race([arrived, delay(120_000, undefined, { ref: false })]);
  if (at === undefined) throw new Error(`A mail that was announced for ${address} did not arrive within two minutes.`);
  return { answered, delivered: (at - since) / 1000 };
}

/** As Microsoft Graph does, which sends a notification again that was not taken. */
async function ring(site: Site, address: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    const statuses = await site.services.standIns.graph?.subscriptions.ring(address);
    if (statuses?.join() === '202') return;
    if (tries === 5) throw new Error(`The notification was answered with ${statuses}.`);
    await delay(1_000);
  }
}

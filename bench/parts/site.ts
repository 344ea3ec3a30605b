import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificates } from '../../local/certificates.ts';
import { startDovecot } from '../../local/mail/dovecot.ts';
import type { Running } from '../../local/running.ts';
import { startServices } from '../../local/services.ts';
import type { Endpoint } from '../../local/stack.ts';
import type { ServiceOptions, Services } from '../../local/world.ts';
import { type Child, type ChildOptions, startChild } from './child.ts';
import type { FloorCalls } from './floor.ts';
import type { ImapCalls } from './imap.ts';
import type { ReceiverCalls } from './receiver.ts';
import type { WorkerCalls } from './worker.ts';

/** Everything around the broker, each part in a process of its own. */
export interface Site {
  readonly imap: Endpoint;
  /** Present where mail is served by the server that counts commands. */
  readonly counting: Child<ImapCalls> | undefined;
  readonly receiver: Child<ReceiverCalls>;
  readonly hookUrl: string;
  readonly collectionUrl: string;
  readonly services: Services;
  /** File with the certificate authorities of all these parts. */
  readonly ca: string;
  /** Starts the broker in a process of its own; it ends with the site. */
  worker(settings?: Readonly<Record<string, string>>, options?: ChildOptions): Child<WorkerCalls>;
  floor(): Child<FloorCalls>;
  stop(): Promise<void>;
}

export interface SiteOptions {
  /**
   * `dovecot` reads and stores real mail; `counting` has thousands of empty mailboxes and counts what it is asked;
   * `embedded` can renumber a folder.
   */
  readonly mail: 'dovecot' | 'counting' | 'embedded';
  readonly pollIntervalSeconds?: number;
  /** Further options of the services: where the app listens, for one. */
  readonly services?: Pick<ServiceOptions, 'brokerPort' | 'appMailboxes' | 'given'>;
}

const part = (name: string): URL => new URL(`./${name}.ts`, import.meta.url);

export async function startSite(options: SiteOptions): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  const running: Running[] = [];
  const keep = <T extends Running>(one: T): T => {
    running.push(one);
    return one;
  };
  const stop = async () => {
    for (const one of running.splice(0).reverse()) await one.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const receiver = keep(startChild<ReceiverCalls>(part('receiver')));
    const receiverPort = await receiver.call('listen');
    const certificates = await makeCertificates(join(folder, 'mail'));
    let imap: Endpoint | undefined;
    let counting: Child<ImapCalls> | undefined;
    if (options.mail === 'dovecot') {
      const { host, port, secure } = keep(
        await startDovecot({
          certificates,
          introspectionUrl: 'http://127.0.0.1:9/',
          token: async () => 'any',
          openToAll: true,
        }),
      );
      imap = { host, port, secure };
    } else if (options.mail === 'counting') {
      counting = keep(startChild<ImapCalls>(part('imap')));
      const port = await counting.call('listen', { cert: certificates.cert, key: certificates.key });
      imap = { host: 'localhost', port, secure: true };
    }
    const services = keep(
      await startServices({
        stateDir: join(folder, 'state'),
        pollIntervalSeconds: options.pollIntervalSeconds ?? 1,
        demoMail: false,
        ...options.services,
        given: {
          ...options.services?.given,
          ...(imap === undefined ? {} : { IMAP_HOST: imap.host, IMAP_PORT: String(imap.port) }),
          PRIVATE_DESTINATIONS: `localhost:${receiverPort}=127.0.0.1/32`,
        },
      }),
    );
    // Two stand-ins with a certificate authority each; a child trusts both.
    const ca = join(folder, 'ca.pem');
    await writeFile(ca, `${certificates.ca}\n${await readFile(services.stack.ca, 'utf8')}`);
    return {
      imap: imap ?? services.stack.imap,
      counting,
      receiver,
      hookUrl: `http://localhost:${receiverPort}/hook`,
      collectionUrl: `http://localhost:${receiverPort}/api`,
      services,
      ca,
      worker: (settings = {}, childOptions = {}) =>
        keep(
          startChild<WorkerCalls>(part('worker'), {
            execArgv: ['--expose-gc', ...(childOptions.execArgv ?? [])],
            env: { ...services.settings, NODE_EXTRA_CA_CERTS: ca, ...settings, ...childOptions.env },
          }),
        ),
      floor: () =>
        keep(startChild<FloorCalls>(part('floor'), { execArgv: ['--expose-gc'], env: { NODE_EXTRA_CA_CERTS: ca } })),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

export const webhook = (site: Site) =>
  ({
    type: 'webhook',
    name: 'in order',
    url: site.hookUrl,
    rawHtml: false,
    paused: false,
    auth: { type: 'none' },
  }) as const;

export const collection = (site: Site) =>
  ({
    type: 'collection',
    name: 'in a window',
    url: site.collectionUrl,
    rawHtml: false,
    paused: false,
    auth: { type: 'bearer', token: 'a-key-of-the-bench' },
    collections: { messages: 'mail_messages', accounts: 'mail_accounts', outbox: 'mail_outbox' },
  }) as const;

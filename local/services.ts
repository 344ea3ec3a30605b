import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { joinAuthorities } from './certificates.ts';
import { seedBroker } from './seed.ts';
import type { Stack } from './stack.ts';
import { type Started, startStandIns } from './stand-ins.ts';
import type { ServiceOptions, ServicePorts, Services } from './world.ts';

/**
 * Starts everything around the broker, without the host that runs its functions: storage, Entra, vault, identity, mail
 * servers, NocoBase; fills them; and makes the first API key and the first destination through the product's own code.
 * What the person's settings name is left out (see {@link ServiceOptions.given}).
 * @throws Error with one sentence, if a part cannot start; then nothing is left running
 */
export async function startServices(options: ServiceOptions = {}): Promise<Services> {
  const stateDir = resolve(options.stateDir ?? '.local');
  await mkdir(stateDir, { recursive: true });
  // What an earlier run left there would be taken for this one's.
  await rm(join(stateDir, 'stack.json'), { force: true });
  const started = await startStandIns(options, stateDir);
  try {
    const ofShell = process.env.NODE_EXTRA_CA_CERTS ?? '';
    // Of one that is not there Node itself has warned.
    const others = [options.given?.NODE_EXTRA_CA_CERTS ?? '', existsSync(ofShell) ? ofShell : ''];
    const authorities = await joinAuthorities(
      started.certificates,
      others.filter((path) => path !== ''),
    );
    // A given file of certificates is trusted beside ours, not instead.
    const settings: Record<string, string> = { ...settingsOf(options, started), NODE_EXTRA_CA_CERTS: authorities };
    const { nocobase } = started.standIns;
    const seeded = await seedBroker(settings, nocobase.webhookUrl);
    nocobase.trust(seeded.webhookSecret);
    const stack = stackOf(settings, started, seeded);
    return {
      settings,
      stack,
      users: started.standIns.entra === undefined ? [] : started.users,
      storageConnectionString: settings.AzureWebJobsStorage ?? '',
      destinationId: seeded.destinationId,
      standIns: started.standIns,
      ports: portsOf(started),
      stop: started.stop,
    };
  } catch (error) {
    await started.stop();
    throw error;
  }
}

/** Writes `<stateDir>/stack.json`, by which tests and people find the stack; only its owner may read the key in it. */
export async function writeStack(stack: Stack, stateDir = '.local'): Promise<void> {
  await mkdir(stateDir, { recursive: true });
  await writeFile(join(stateDir, 'stack.json'), `${JSON.stringify(stack, null, 2)}\n`, { mode: 0o600 });
}

/** Settings of the person first, then those of the stand-ins; lists are joined. */
function settingsOf(options: ServiceOptions, started: Started): Record<string, string> {
  const { entra, vault, identity, imap, smtp, graph, nocobase } = started.standIns;
  const publicUrl = `http://localhost:${options.brokerPort ?? 7071}`;
  const nocobaseHost = new URL(nocobase.url).host;
  const own: Record<string, string | undefined> = {
    FUNCTIONS_WORKER_RUNTIME: 'node',
    PUBLIC_URL: publicUrl,
    POLL_INTERVAL: String(options.pollIntervalSeconds ?? 5),
    TOKEN_ENDPOINT: 'on',
    AzureWebJobsStorage: started.storage?.connectionString,
    ...(entra === undefined
      ? {}
      : {
          CLIENT_ID: entra.clientId,
          TENANT: started.tenant,
          AUTHORITY_HOST: entra.url,
          CREDENTIAL_MODE: 'secret',
          CLIENT_SECRET_NAME: 'client-secret',
          OUTLOOK_RESOURCE: 'https://outlook.office.com',
          OUTLOOK_APP_RESOURCE: 'https://outlook.office365.com',
          GRAPH_RESOURCE: 'https://graph.microsoft.com',
          ...(graph === undefined ? {} : { GRAPH_URL: graph.url }),
        }),
    ...(vault === undefined || identity === undefined
      ? {}
      : {
          KEY_VAULT_URL: vault.url,
          AZURE_CLIENT_ID: identity.clientId,
          IDENTITY_ENDPOINT: identity.endpoint,
          IDENTITY_HEADER: identity.header,
        }),
    ...(imap === undefined
      ? {}
      : { IMAP_HOST: imap.host, IMAP_PORT: String(imap.port), IMAP_SECURE: imap.secure ? 'on' : 'off' }),
    ...(smtp === undefined ? {} : { SMTP_HOST: smtp.host, SMTP_PORT: String(smtp.port) }),
    ...(options.given?.TABLES_URL ? {} : { TABLES_CONNECTION_STRING: started.storage?.connectionString }),
  };
  const settings: Record<string, string> = started.standIns.entra === undefined ? {} : { ADMIN_TENANT: started.tenant };
  for (const [name, value] of Object.entries({ ...own, ...withoutEmpty(options.given) })) {
    if (value !== undefined) settings[name] = value;
  }
  settings.RETURN_ORIGINS = joined(options.given?.RETURN_ORIGINS, `http://localhost:${new URL(nocobase.url).port}`);
  settings.PRIVATE_DESTINATIONS = joined(options.given?.PRIVATE_DESTINATIONS, `${nocobaseHost}=127.0.0.1/32`);
  return settings;
}

const withoutEmpty = (given: ServiceOptions['given'] = {}): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''));

const joined = (theirs: string | undefined, ours: string): string =>
  theirs === undefined || theirs === '' ? ours : `${theirs},${ours}`;

function stackOf(
  settings: Readonly<Record<string, string>>,
  { standIns, certificates, users }: Started,
  seeded: { readonly adminKey: string; readonly webhookSecret: string },
): Stack {
  const { entra, imap, smtp, nocobase } = standIns;
  return {
    broker: `${settings.PUBLIC_URL}/api`,
    adminKey: seeded.adminKey,
    entra: entra?.url ?? settings.AUTHORITY_HOST ?? 'https://login.microsoftonline.com',
    imap: imap
      ? { host: imap.host, port: imap.port, secure: imap.secure }
      : {
          host: settings.IMAP_HOST ?? 'outlook.office365.com',
          port: Number(settings.IMAP_PORT ?? 993),
          secure: settings.IMAP_SECURE !== 'off',
        },
    smtp: smtp
      ? { host: smtp.host, port: smtp.port, secure: smtp.secure }
      : { host: 'smtp.office365.com', port: 587, secure: false },
    nocobase: nocobase.url,
    events: nocobase.eventsUrl,
    webhookSecret: seeded.webhookSecret,
    ca: certificates.caPath,
    users: entra === undefined ? [] : users.map((user) => user.address),
  };
}

function portsOf({ standIns, storage }: Started): Partial<ServicePorts> {
  const { entra, identity, vault, imap, smtp, graph, nocobase } = standIns;
  const port = (url: string): number => Number(new URL(url).port);
  return {
    nocobase: port(nocobase.url),
    ...(storage === undefined ? {} : { blob: storage.blobPort, queue: storage.queuePort, table: storage.tablePort }),
    ...(entra === undefined ? {} : { entra: port(entra.url), entraPages: port(entra.pageUrl) }),
    ...(identity === undefined ? {} : { identity: port(identity.endpoint) }),
    ...(vault === undefined ? {} : { vault: port(vault.url) }),
    ...(imap === undefined ? {} : { imap: imap.port }),
    ...(smtp === undefined ? {} : { smtp: smtp.port }),
    ...(graph === undefined ? {} : { graph: port(graph.url) }),
  };
}

// `npm run services`. Not awaited: the command imports this very module.
if (import.meta.main)
  void import('./services-command.ts').then(({ runServices }) => runServices(process.argv.slice(2)));

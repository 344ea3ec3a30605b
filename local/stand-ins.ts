import type { Azurite } from './azure/azurite.ts';
import { startAzurite } from './azure/azurite.ts';
import { startManagedIdentity } from './azure/managed-identity.ts';
import { startVault } from './azure/vault.ts';
import { type Certificates, makeCertificates } from './certificates.ts';
import { demoMessages } from './demo/demo-mail.ts';
import { appMailboxes, demoTenant, demoUsers, sharedMailboxes } from './demo/demo-users.ts';
import { startEntra } from './entra/entra.ts';
import type { DemoUser } from './entra/stand-in.ts';
import { startGraph } from './graph/graph.ts';
import { startDovecot } from './mail/dovecot.ts';
import { startEmbeddedImap } from './mail/embedded.ts';
import { startSmtp } from './mail/smtp.ts';
import { startNocobase } from './nocobase/nocobase.ts';
import type { Running } from './running.ts';
import { fillVault } from './seed.ts';
import type { ServiceOptions, StandIns } from './world.ts';

/** What runs, each part absent where a real setting replaces it. NocoBase has no setting: its stand-in always runs. */
export interface Started extends Running {
  readonly certificates: Certificates;
  readonly tenant: string;
  readonly users: readonly DemoUser[];
  readonly storage: Azurite | undefined;
  readonly standIns: Partial<StandIns> & Pick<StandIns, 'nocobase'>;
}

export const given = (options: ServiceOptions, ...names: string[]): boolean =>
  names.some((name) => (options.given?.[name] ?? '') !== '');

/** A setting of the person's, or what it is without. */
export const setting = (options: ServiceOptions, name: string, otherwise: string): string =>
  options.given?.[name] || otherwise;

/** Which stand-ins are needed beside what the person's settings name. */
export function plan(options: ServiceOptions) {
  const entra = !given(options, 'AUTHORITY_HOST', 'CLIENT_ID');
  const vault = !given(options, 'KEY_VAULT_URL');
  const tables = !given(options, 'TABLES_URL', 'TABLES_CONNECTION_STRING');
  return {
    entra,
    vault,
    // The identity that opens the vault stand-in opens nothing real, so the two come and go together.
    identity: vault,
    // Real tokens are Microsoft's to check: our mail server could not tell them from forged ones.
    imap: entra && !given(options, 'IMAP_HOST'),
    tables,
    storage: tables || !given(options, 'AzureWebJobsStorage'),
  };
}

/**
 * Starts the stand-ins in the order in which they need each other. If one does not start, those before it are stopped.
 * @throws Error with one sentence: a port is taken, Dovecot is missing, settings that do not go together
 */
export async function startStandIns(options: ServiceOptions, stateDir: string): Promise<Started> {
  const needs = plan(options);
  if (needs.vault && given(options, 'TABLES_URL')) {
    throw new Error(
      'TABLES_URL is real and KEY_VAULT_URL is not: a real table is opened by the same account as a real vault, so set both or neither.',
    );
  }
  const running: Running[] = [];
  const stop = async (): Promise<void> => {
    // The last one first: nothing should lose its dependencies before it has stopped itself.
    for (const part of running.splice(0).reverse()) await part.stop();
  };
  const start = async <T extends Running>(starting: Promise<T>): Promise<T> => {
    const part = await starting;
    running.push(part);
    return part;
  };
  try {
    return { ...(await startAll(options, stateDir, needs, start)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Start = <T extends Running>(starting: Promise<T>) => Promise<T>;

async function startAll(
  options: ServiceOptions,
  stateDir: string,
  needs: ReturnType<typeof plan>,
  start: Start,
): Promise<Omit<Started, 'stop'>> {
  const { ports = {} } = options;
  const certificates = await makeCertificates(stateDir);
  // The emulator is a process that takes longest; the others come up meanwhile, and none is left behind if one fails.
  const storage = needs.storage ? start(startAzurite({ ports })) : Promise.resolve(undefined);
  const [, others] = await Promise.allSettled([storage, startOthers(options, certificates, start)]);
  if (others.status === 'rejected') throw others.reason;
  return { certificates, ...others.value, storage: await storage };
}

async function startOthers(
  options: ServiceOptions,
  certificates: Certificates,
  start: Start,
): Promise<Pick<Started, 'tenant' | 'users' | 'standIns'>> {
  const needs = plan(options);
  const { ports = {}, users = demoUsers } = options;
  const port = (name: keyof typeof ports) => (ports[name] === undefined ? {} : { port: ports[name] });
  const tenant = setting(options, 'TENANT', demoTenant);
  const nocobase = await start(startNocobase(port('nocobase')));
  const identity = needs.identity ? await start(startManagedIdentity({ tenant, ...port('identity') })) : undefined;
  const secretName = setting(options, 'CLIENT_SECRET_NAME', 'client-secret');
  const publicUrl = setting(options, 'PUBLIC_URL', `http://localhost:${options.brokerPort ?? 7071}`);

  let vault: StandIns['vault'] | undefined;
  const entra = needs.entra
    ? await start(
        startEntra({
          certificates,
          users,
          tenant,
          redirectUris: [`${publicUrl}/api/oauth/callback`, `${publicUrl}/api/dashboard/callback`],
          // A real vault keeps its secrets to itself; then any secret will do here.
          secrets: () => vault?.live(secretName) ?? 'any',
          isTrustedAssertion: (token) => identity?.verify(token, 'api://AzureADTokenExchange') ?? false,
          autoSignIn: options.autoSignIn ?? false,
          ...(options.accessTokenSeconds === undefined ? {} : { accessTokenSeconds: options.accessTokenSeconds }),
          ...port('entra'),
          ...(ports.entraPages === undefined ? {} : { pagePort: ports.entraPages }),
        }),
      )
    : undefined;
  if (identity !== undefined) {
    vault = await start(
      startVault({
        certificates,
        authority: `${entra?.url ?? 'https://login.microsoftonline.com'}/${tenant}`,
        isAllowed: (token) => identity.verify(token, 'https://vault.azure.net'),
        ...port('vault'),
      }),
    );
    fillVault(vault, secretName);
  }

  const mail = entra !== undefined && needs.imap ? await startMail(options, certificates, entra, users, start) : {};
  // Tokens of the Entra stand-in are of no use at the real Graph.
  const graph =
    entra === undefined
      ? undefined
      : await start(
          startGraph({
            certificates,
            entra,
            users,
            tenant,
            ...(mail.imap === undefined ? {} : { mailboxes: mail.imap, addresses: mailAddresses(options, users) }),
            sendAs: sharedMailboxes,
            app: { [entra.tenant]: options.appMailboxes ?? appMailboxes },
            ...port('graph'),
          }),
        );
  return {
    tenant,
    users,
    standIns: {
      nocobase,
      ...(identity === undefined ? {} : { identity }),
      ...(vault === undefined ? {} : { vault }),
      ...(entra === undefined ? {} : { entra }),
      ...mail,
      ...(graph === undefined ? {} : { graph }),
    },
  };
}

/** Addresses that have a mailbox. Only the embedded IMAP server has those without a sign-in. */
function mailAddresses(options: ServiceOptions, users: readonly DemoUser[]): string[] {
  const people = users.map((user) => user.address);
  if (options.imap === 'dovecot') return people;
  return [...new Set([...people, ...Object.keys(sharedMailboxes), ...appMailboxes])];
}

async function startMail(
  options: ServiceOptions,
  certificates: Certificates,
  entra: StandIns['entra'],
  users: readonly DemoUser[],
  start: Start,
): Promise<Partial<Pick<StandIns, 'imap' | 'smtp'>>> {
  const { imap: imapPort, smtp: smtpPort } = options.ports ?? {};
  const addresses = mailAddresses(options, users);
  const imapOptions = imapPort === undefined ? {} : { port: imapPort };
  const imap =
    options.imap === 'dovecot'
      ? await start(
          startDovecot({
            certificates,
            introspectionUrl: entra.introspectionUrl,
            token: (address) => entra.mint(address),
            ...imapOptions,
          }),
        )
      : await start(
          startEmbeddedImap({
            certificates,
            entra,
            addresses,
            shared: sharedMailboxes,
            app: { [entra.tenant]: appMailboxes },
            ...imapOptions,
          }),
        );
  const smtp = await start(
    startSmtp({
      certificates,
      entra,
      mailboxes: imap,
      addresses,
      sendAs: sharedMailboxes,
      ...(smtpPort === undefined ? {} : { port: smtpPort }),
    }),
  );
  if (options.demoMail ?? true) {
    for (const user of users) {
      for (const { raw, drop } of await demoMessages(user)) await imap.deliver(user.address, raw, drop);
    }
  }
  return { imap, smtp };
}

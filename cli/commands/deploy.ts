import { InvalidArgumentError, Option, type Command as Program } from 'commander';
import { keptByNpm } from '../../local/command-line.ts';
import { type AddCommand, UsageError } from '../command.ts';
import { type DeployOptions, defaults } from '../deploy/options.ts';
import type { CreateEntraApp } from '../entra-app/interface.ts';
import { runDeploy } from './run-deploy.ts';

const examples = `
  broker deploy --what-if --location westeurope        what would be done, and what it costs
  broker deploy --location westeurope                  from nothing to a running broker; a second run goes on, or repairs
  broker deploy --client-id ID                         with an application that someone else registered
  broker deploy --destroy                              removes all of it, after a question

What is left to do is read from Azure at every run, so any machine can go on where another stopped. What is not given stays
as it is there. docs/admin.md explains each step.`;

function number(least: number, most: number) {
  return (text: string): number => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value) || value < least || value > most) {
      throw new InvalidArgumentError(`It takes a number from ${least} to ${most}.`);
    }
    return value;
  };
}

export function whole(least: number, most: number) {
  const parse = number(least, most);
  return (text: string): number => {
    const value = parse(text);
    if (!Number.isInteger(value)) throw new InvalidArgumentError('It takes a whole number.');
    return value;
  };
}

/** All options, in the order in which --help shows them. */
export function addOptions(program: Program): Program {
  return program
    .option('--subscription <id>', 'id or name of the subscription (default: that of az)')
    .option('--resource-group <name>', 'resource group', defaults.resourceGroup)
    .option('--location <region>', 'region, such as westeurope; needed the first time')
    .option('--name <name>', 'name of the Function App, and of its address')
    .option('--vault-name <name>', 'name of the Key Vault')
    .option('--storage-name <name>', 'name of the storage account')
    .addOption(
      new Option('--memory <mb>', `memory of an instance (default: ${defaults.memoryMb})`).choices([
        '512',
        '2048',
        '4096',
      ]),
    )
    .option('--max-instances <count>', `instances at most (default: ${defaults.maximumInstances})`, whole(40, 1000))
    .addOption(
      new Option('--network <kind>', 'nat: a static outgoing address; private: that, and private endpoints').choices([
        'none',
        'nat',
        'private',
      ]),
    )
    .option('--network-prefix <cidr>', `address space of the network (default: ${defaults.networkPrefix})`)
    .option('--separate-tables', 'a storage account of their own for the tables')
    .option('--no-purge-protection', 'a deleted vault can be purged')
    .option('--alerts <address>', 'two alert rules, and where they send mail')
    .option('--budget <amount>', 'budget of a month, in the currency of the subscription', whole(0, 1_000_000))
    .option('--daily-cap <gb>', `log of a day at most, in GB (default: ${defaults.dailyCapGb})`, number(0.1, 1000))
    .option('--public-url <url>', 'address of the app, where it has a domain of its own')
    .option('--mailbox-tenant <id>', "tenant that holds the mailboxes (default: the subscription's)")
    .addOption(
      new Option('--audience <kind>', 'who may sign in (default: single)').choices(['single', 'several', 'personal']),
    )
    .option('--allowed-tenants <ids>', 'tenants whose people may connect, with commas; * for all')
    .option('--client-id <id>', 'an application that someone else registered')
    .addOption(
      new Option(
        '--credential <kind>',
        'how the app authenticates to Entra (default: federated where possible)',
      ).choices(['secret', 'federated']),
    )
    .option('--secret-days <days>', 'how long a new client secret lives', whole(1, 730), defaults.secretDays)
    .option('--no-consent', 'no tenant-wide consent: each person consents')
    .option('--graph-sending', 'also let mail go through Microsoft Graph where SMTP is closed')
    .option('--notifications', 'also let Microsoft Graph announce new mail, so that it comes within seconds')
    .option('--app-access', 'also the app permissions, for mailboxes opened without a sign-in')
    .option('--mailboxes <count>', 'for how many the price is worked out', whole(1, 100_000), defaults.mailboxes)
    .option('--install-func', 'install Azure Functions Core Tools by npm where they are missing')
    .option('--new-key', 'create a new admin key, even if there is one')
    .option('--show-key', 'print the new admin key')
    .option('--what-if', 'print each command and request that would change something, without running it')
    .option('--yes', 'ask nothing')
    .option('--json', 'one JSON object a line, for programs')
    .option('--destroy', 'remove all of it');
}

/** What commander read, under the names of {@link DeployOptions}. */
export function readOptions(program: Program): DeployOptions {
  const given: Record<string, unknown> = program.opts();
  const text = (name: string): string | undefined => {
    const value = given[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const count = (name: string): number | undefined => {
    const value = given[name];
    return typeof value === 'number' ? value : undefined;
  };
  const is = (name: string): boolean => given[name] === true;
  const among = <Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined =>
    choices.find((choice) => choice === given[name]);
  const memory = ([512, 2048, 4096] as const).find((size) => String(size) === given.memory);
  return {
    subscription: text('subscription'),
    location: text('location'),
    name: text('name'),
    vaultName: text('vaultName'),
    storageName: text('storageName'),
    memoryMb: memory,
    maximumInstances: count('maxInstances'),
    network: among('network', ['none', 'nat', 'private']),
    networkPrefix: text('networkPrefix'),
    separateTables: is('separateTables') ? true : undefined,
    // commander sets `--no-x` to true where it is not given; only "no" was said by the person.
    purgeProtection: given.purgeProtection === false ? false : undefined,
    alertEmail: text('alerts'),
    budget: count('budget'),
    dailyCapGb: count('dailyCap'),
    publicUrl: text('publicUrl')?.replace(/\/+$/, ''),
    mailboxTenant: text('mailboxTenant'),
    audience: among('audience', ['single', 'several', 'personal']),
    allowedTenants: text('allowedTenants'),
    clientId: text('clientId'),
    credential: among('credential', ['secret', 'federated']),
    resourceGroup: text('resourceGroup') ?? defaults.resourceGroup,
    secretDays: count('secretDays') ?? defaults.secretDays,
    consent: given.consent !== false,
    sendsByGraph: is('graphSending'),
    isAnnounced: is('notifications'),
    opensByItself: is('appAccess'),
    mailboxes: count('mailboxes') ?? defaults.mailboxes,
    installFunc: is('installFunc'),
    newKey: is('newKey'),
    showKey: is('showKey'),
    whatIf: is('whatIf'),
    yes: is('yes'),
    json: is('json'),
    destroy: is('destroy'),
  };
}

// npm has settings of these names, which people set for npm itself; losing the option leads to a question, and no further.
const namesOfNpm: readonly string[] = ['json', 'location', 'yes'];

/**
 * `npm run deploy --what-if` does not hand --what-if on: npm takes it for its own, and the deploy would begin. A sentence
 * that says what to type, if that has happened.
 */
export function keptOptions(command: Program, environment: NodeJS.ProcessEnv): string | undefined {
  if (environment.npm_lifecycle_event !== 'deploy') return undefined;
  const options = command.options
    .map((option) => ({ name: (option.long ?? '').replace(/^--/, ''), takesValue: option.required }))
    .filter(({ name }) => name !== '' && !namesOfNpm.includes(name));
  const named = (takesValue: boolean): string[] =>
    options.filter((option) => option.takesValue === takesValue).map(({ name }) => name);
  return keptByNpm({ script: 'npm run deploy', flags: named(false), values: named(true) }, command.args, environment);
}

/** `broker deploy` */
export const addDeploy =
  (entra: CreateEntraApp): AddCommand =>
  (program, io, ended) => {
    const command = program
      .command('deploy')
      .description('from nothing to a broker that runs in Azure, or go on there');
    addOptions(command)
      .addHelpText('after', examples)
      .action(async () => {
        const kept = keptOptions(command, io.environment);
        if (kept !== undefined) throw new UsageError(kept);
        ended(await runDeploy(readOptions(command), io, entra));
      });
  };

import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { Option, type Command as Program } from 'commander';
import type { Localised } from '../../src/lib/doctor/checks/types.ts';
import { type Item, worst } from '../../src/lib/doctor/doctor.ts';
import { systemClock } from '../../src/lib/domain/system.ts';
import { createClient } from '../api/client.ts';
import { type ConnectionChoice, connectionOf } from '../api/connection.ts';
import { type AddCommand, type CommandIo, type ExitCode, UsageError } from '../command.ts';
import type { Run } from '../deploy/run.ts';
import { lookAtAzure } from '../doctor/look-at-azure.ts';
import { lookFromHere } from '../doctor/look-from-here.ts';
import { type AppAnswer, lookThroughApp } from '../doctor/look-through-app.ts';
import { doctorLines } from '../doctor/show.ts';
import type { CreateEntraApp } from '../entra-app/interface.ts';
import type { Profile } from '../profile/profiles.ts';
import { readOptions } from './deploy.ts';
import { type PortParts, portsOf, realParts } from './run-deploy.ts';

const help = `
Without a broker that is named (--profile, --local, BROKER_URL and BROKER_KEY, the only profile) and with a
local.settings.json in this folder, the checks run here, with those settings; --settings asks for that.

Of a broker in Azure it also looks at what the app itself may not see: settings, roles, secrets, the application, consent,
locks and versions, with the rights of whoever is logged in to az. Where az is missing or logged out, it says so.`;

interface Given extends ConnectionChoice {
  readonly settings?: boolean;
  readonly lang?: keyof Localised;
  readonly json?: boolean;
  /** commander's name for the absence of --no-azure. */
  readonly azure: boolean;
}

/** `broker doctor` */
export const addDoctor =
  (entra: CreateEntraApp): AddCommand =>
  (program, io, ended) => {
    const command = program
      .command('doctor')
      .description('what is wrong, how to fix it, and who can')
      .addOption(new Option('--lang <language>', 'default: the language of the terminal').choices(['en', 'zh']))
      .option('--profile <name>', 'which broker, by the name that broker deploy gave it')
      .option('--local', 'the broker of npm start in this folder')
      .option('--settings', 'no running broker: local.settings.json of this folder')
      .option('--no-azure', 'ask the app alone')
      .option('--subscription <id>', 'id or name of the subscription (default: that of az)')
      .option('--resource-group <name>', 'resource group of the broker (default: mail-broker)')
      .option('--name <name>', 'name of the Function App, where broker deploy did not make it')
      .option('--json', 'JSON, for programs')
      .addHelpText('after', help)
      .action(async () => ended(await runDoctor(command, io, realParts(io, entra))));
  };

/** Runs all sources of checks at once, and ends with 1 if something is broken. */
export async function runDoctor(command: Program, io: CommandIo, parts: Omit<PortParts, 'writes'>): Promise<ExitCode> {
  const given = command.opts<Given>();
  const language = given.lang ?? languageOf(io.environment);
  const profile = await brokerOf(given, io);
  const app = profile === undefined ? lookFromHere(io, language) : throughApp(profile, language, parts.fetch);
  const running = app.then(
    ({ report }) => report?.version,
    () => undefined,
  );
  const [answer, azure] = await Promise.all([
    app,
    profile !== undefined && given.azure && isDeployed(profile)
      ? lookAtAzure({ run: runOf(command, io, parts), language, expectedUrl: profile.url, running })
      : [],
  ]);
  const items: readonly Item[] = [...answer.items, ...azure];
  const report = { status: worst(items), ...(answer.report ?? { checkedAt: new Date(systemClock.now()) }), items };
  if (given.json === true) io.out(JSON.stringify(report, null, 2));
  else for (const line of doctorLines(items, language, io.attended)) io.out(line);
  return report.status === 'fail' ? 1 : 0;
}

const throughApp = (profile: Profile, language: keyof Localised, fetch: typeof globalThis.fetch): Promise<AppAnswer> =>
  lookThroughApp(createClient(profile, fetch), language);

/** The language of the terminal: https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap08.html#tag_08_02 */
const languageOf = ({ LC_ALL, LANG }: NodeJS.ProcessEnv): keyof Localised =>
  /^zh/i.test(LC_ALL || LANG || '') ? 'zh' : 'en';

/** The broker that is asked; undefined: there is none that runs, and the settings of this folder are looked at. */
async function brokerOf(given: Given, io: CommandIo): Promise<Profile | undefined> {
  const settings = join(io.folder, 'local.settings.json');
  const hasSettings = await access(settings).then(
    () => true,
    () => false,
  );
  if (given.settings === true) {
    if (!hasSettings)
      throw new UsageError(`There is no ${settings}: copy local.settings.json.example, or run npm run services.`);
    return undefined;
  }
  try {
    return await connectionOf(given, io);
  } catch (error) {
    // Who named a broker means that one.
    const isNamed = given.profile !== undefined || given.local === true;
    if (error instanceof UsageError && hasSettings && !isNamed) return undefined;
    throw error;
  }
}

/** Whether it can be in Azure: a broker of this machine is not. */
const isDeployed = ({ url }: Profile): boolean =>
  URL.canParse(url) && !['localhost', '127.0.0.1', '[::1]'].includes(new URL(url).hostname);

function runOf(command: Program, io: CommandIo, parts: Omit<PortParts, 'writes'>): Run {
  // Nothing is written; a write would be reported and skipped.
  const ports = portsOf({ ...parts, writes: { whatIf: true, told: () => undefined } });
  return {
    options: { ...readOptions(command), whatIf: true },
    ports,
    facts: { warnings: [] },
    whatIf: true,
    signal: io.signal,
    say: () => undefined,
  };
}

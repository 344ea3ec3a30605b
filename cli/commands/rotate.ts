import type { Command as Program } from 'commander';
import type { AddCommand } from '../command.ts';
import { defaults } from '../deploy/options.ts';
import type { CreateEntraApp } from '../entra-app/interface.ts';
import { type Job, rotateRoot, rotateSecret, upgrade } from '../rotate/jobs.ts';
import { readOptions, whole } from './deploy.ts';
import { realParts } from './run-deploy.ts';
import { runJob } from './run-job.ts';

/** Which broker, and how it is spoken with: the same for all of these. */
const common = (program: Program): Program =>
  program
    .option('--subscription <id>', 'id or name of the subscription (default: that of az)')
    .option('--resource-group <name>', 'resource group', defaults.resourceGroup)
    .option('--name <name>', 'name of the Function App, where broker deploy did not make it')
    .option('--what-if', 'print each command and request that would change something, without running it')
    .option('--yes', 'ask nothing')
    .option('--json', 'one JSON object a line, for programs');

interface Described {
  readonly name: string;
  readonly description: string;
  readonly help: string;
  options?(program: Program): Program;
  job(given: Readonly<Record<string, unknown>>): Job;
}

const unchanged = (program: Program): Program => program;

const commands: readonly Described[] = [
  {
    name: 'rotate-secret',
    description: 'add a new client secret, and later remove the old one',
    help: `
Both are valid until every instance of the app has the new one (ten minutes) and Entra accepts it. It may be
interrupted (Ctrl-C) at any point; run it again to continue.`,
    options: (program) =>
      program
        .option('--secret-days <days>', 'how long the new secret lives', whole(1, 730), defaults.secretDays)
        .option('--again', 'though the secret was made within the last day'),
    job: ({ again }) => rotateSecret({ again: again === true }),
  },
  {
    name: 'rotate-root',
    description: 'create a new root key; the app moves all sealed values to it, and older keys are disabled',
    help: `
You write one secret and read none: the app itself moves its rows. It may be interrupted (Ctrl-C) and repeated.

It ends with 0 when the older versions are disabled. With 3 when it is too early for that, and says when to run it again:
after an hour at least, and as a rule a day later, when no link that was sent needs them. With --end-links it does not wait
for links; do that when somebody has seen the root key.`,
    options: (program) =>
      program
        .option('--end-links', 'do not wait for links that were made under an older version: they end')
        .option('--again', 'though the root key was made within the last 30 days'),
    job: ({ again, endLinks }) => rotateRoot({ again: again === true, endLinks: endLinks === true }),
  },
  {
    name: 'upgrade',
    description: 'publish the version of this folder, and check that it runs',
    help: `
Publishes, waits until Azure lists the functions and the app answers, and asks the doctor. It changes nothing else in
Azure: broker deploy does that.`,
    options: (program) =>
      program.option('--install-func', 'install Azure Functions Core Tools by npm where they are missing'),
    job: () => upgrade,
  },
];

/** `broker rotate-secret`, `broker rotate-root`, `broker upgrade` */
export const addRotate =
  (entra: CreateEntraApp): AddCommand =>
  (program, io, ended) => {
    for (const { name, description, help, options = unchanged, job } of commands) {
      const command = options(common(program.command(name).description(description)));
      command.addHelpText('after', help).action(async () => {
        ended(await runJob(job(command.opts()), readOptions(command), io, realParts(io, entra)));
      });
    }
  };

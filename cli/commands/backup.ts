import type { Command as Program } from 'commander';
import { systemClock } from '../../src/lib/domain/system.ts';
import { createAzureStore } from '../../src/lib/store/table/azure-table.ts';
import type { Store } from '../../src/lib/store/table/table.ts';
import { backup } from '../backup/backup.ts';
import { restore } from '../backup/restore.ts';
import { type AddCommand, type CommandIo, UsageError } from '../command.ts';
import { loadLocalSettings } from '../settings.ts';

const tablesOption = [
  '--tables-url <url>',
  'https://NAME.table.core.windows.net (default: the setting TABLES_URL)',
] as const;

const rights = `
It signs in with az login. docs/backup.md says which role that requires, and what else to back up.`;

/** The tables that are named: by the option, or by the settings in the environment or in local.settings.json. */
async function openTables(program: Program, io: CommandIo): Promise<Store> {
  await loadLocalSettings(io.folder, io.environment);
  const { tablesUrl } = program.opts<{ tablesUrl?: string }>();
  const { TABLES_URL: url = '', TABLES_CONNECTION_STRING: connectionString = '' } = io.environment;
  const chosen = tablesUrl ?? url;
  const deps = { clock: systemClock };
  if (tablesUrl === undefined && connectionString !== '') {
    return createAzureStore({ tables: { connectionString }, identityClientId: undefined }, deps);
  }
  if (!URL.canParse(chosen) || new URL(chosen).protocol !== 'https:') {
    throw new UsageError('Name the tables: --tables-url https://NAME.table.core.windows.net');
  }
  return createAzureStore({ tables: { url: chosen }, identityClientId: undefined }, deps);
}

/** `broker backup FILE` */
export const addBackup: AddCommand = (program, io, ended) => {
  const command = program
    .command('backup')
    .description('write every row of the tables to a file; sealed values stay sealed')
    .argument('<file>', 'a file that does not exist yet')
    .option(...tablesOption)
    .option('--json', 'one JSON object, for programs')
    .addHelpText('after', rights);
  command.action(async (file: string) => {
    const store = await openTables(command, io);
    const rows = await backup({ store, file, now: systemClock.now(), signal: io.signal });
    io.out(
      command.opts<{ json?: boolean }>().json === true ? JSON.stringify({ rows, file }) : `${rows} rows in ${file}`,
    );
    ended(0);
  });
};

/** `broker restore FILE` */
export const addRestore: AddCommand = (program, io, ended) => {
  const command = program
    .command('restore')
    .description('restore the tables from a backup; stop the app first')
    .argument('<file>', 'as broker backup wrote it')
    .option(...tablesOption)
    .option('--replace', 'delete rows that are not in the backup, and overwrite those that differ')
    .option('--yes', 'ask nothing')
    .option('--json', 'one JSON object, for programs')
    .addHelpText('after', rights);
  command.action(async (file: string) => {
    const { replace = false, yes = false, json = false } = command.opts<Record<'replace' | 'yes' | 'json', boolean>>();
    const store = await openTables(command, io);
    if (replace && !yes) {
      if (!io.attended)
        throw new UsageError('This is not a terminal: add --yes to replace the contents of the tables.');
      const answer = await io.ask('Data written to the tables since the backup will be deleted. Continue? [y/N] ');
      if (!/^y(es)?$/i.test(answer)) return ended(1);
    }
    const done = await restore({ store, file, replace, signal: io.signal });
    io.out(
      json
        ? JSON.stringify(done)
        : `${done.rows} rows in the backup: ${done.written} written, ${done.rows - done.written} were there, ${done.deleted} others deleted`,
    );
    ended(0);
  });
};

import type { Command as Program } from 'commander';
import type { z } from 'zod';
import { type Client, createClient } from '../../api/client.ts';
import { connectionOf } from '../../api/connection.ts';
import type { CommandIo, ExitCode } from '../../command.ts';
import { tableLines } from '../../show/table.ts';

/** What an action over the API works with. */
export interface OverApi {
  readonly client: Client;
  readonly io: CommandIo;
  /** True where a program reads the output. */
  readonly json: boolean;
  /** Tells the result: as JSON to programs, else as the lines that `lines` makes. */
  result(value: unknown, lines: () => readonly string[]): void;
}

/** How a column of a list is read off an item. */
export type Column<T> = readonly [head: string, of: (item: T) => string];

/**
 * Gives a command the options by which a person names the broker and the form of the output, and an action over its API.
 */
export function overApi(
  command: Program,
  io: CommandIo,
  ended: (code: ExitCode) => void,
  action: (over: OverApi, args: readonly string[]) => Promise<ExitCode | undefined>,
): Program {
  return command
    .option('--profile <name>', 'which broker, by the name that broker deploy gave it')
    .option('--local', 'the broker of npm start in this folder')
    .option('--json', 'JSON, for programs')
    .action(async (...given: unknown[]) => {
      const { profile, local, json } = command.opts<{ profile?: string; local?: boolean; json?: boolean }>();
      const client = createClient(await connectionOf({ profile, local }, io), fetch);
      const over: OverApi = {
        client,
        io,
        json: json === true,
        result(value, lines) {
          if (json === true) io.out(JSON.stringify(value, null, 2));
          else for (const line of lines()) io.out(line);
        },
      };
      const args = given.filter((each): each is string => typeof each === 'string');
      ended((await action(over, args)) ?? 0);
    });
}

/** Reads a whole list and shows it. The items that the interface documents fit the form, or this does not compile. */
export async function showList<T, Item>(
  over: OverApi,
  items: AsyncIterable<Item>,
  form: z.ZodType<T, Item>,
  columns: readonly Column<T>[],
  none: string,
): Promise<void> {
  const found: T[] = [];
  for await (const item of items) found.push(form.parse(item));
  over.result(found, () => {
    if (found.length === 0) return [none];
    return tableLines(
      columns.map(([head]) => head),
      found.map((item) => columns.map(([, of]) => of(item))),
    );
  });
}

/** Asks before something irreversible; `--yes` answers. @returns whether to continue */
export async function confirmed(over: OverApi, command: Program, question: string): Promise<boolean> {
  if (command.opts<{ yes?: boolean }>().yes === true) return true;
  if (!over.io.attended) {
    over.io.err(`${question} This is not a terminal: add --yes.`);
    return false;
  }
  const answer = await over.io.ask(`${question} [y/N] `);
  return /^y(es)?$/i.test(answer);
}

import { InvalidArgumentError, Option } from 'commander';
import counts from '../../bench/counts.json' with { type: 'json' };
import { priceOf } from '../../bench/parts/cost-options.ts';
import type { AddCommand } from '../command.ts';
import { logRules, priceLines } from '../deploy/steps/price.ts';

const memories = [512, 2048, 4096] as const;
const networks = ['none', 'nat', 'private'] as const;

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 100_000) {
    throw new InvalidArgumentError('It takes a whole number from 1 to 100000.');
  }
  return value;
}

/** `broker cost`: what a month costs, by the model of docs/cost.md; makes no request. */
export const addCost: AddCommand = (program, io, ended) => {
  program
    .command('cost')
    .description('what a month costs, by options; from the model of docs/cost.md')
    .option('--mailboxes <count>', 'how many', count, 30)
    .addOption(new Option('--memory <mb>', 'of an instance').choices(memories.map(String)).default('512'))
    .addOption(new Option('--network <kind>', 'as broker deploy takes it').choices(networks).default('none'))
    .option('--separate-tables', 'a storage account of their own for the tables')
    .option('--alerts', 'with the two alert rules')
    .option('--json', 'JSON, for programs')
    .action((given: Record<string, unknown>) => {
      const price = priceOf(
        {
          mailboxes: Number(given.mailboxes),
          memoryMb: memories.find((size) => String(size) === given.memory) ?? 512,
          network: networks.find((kind) => kind === given.network) ?? 'none',
          separateTables: given.separateTables === true,
          logRules: given.alerts === true ? logRules : 0,
        },
        counts,
      );
      if (given.json === true) io.out(JSON.stringify(price, null, 2));
      else for (const line of priceLines(price)) io.out(line);
      ended(0);
    });
};

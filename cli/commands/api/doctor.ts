import { styleText } from 'node:util';
import { z } from 'zod';
import type { AddCommand, ExitCode } from '../../command.ts';
import { tableLines } from '../../show/table.ts';
import { overApi } from './command-over-api.ts';

const report = z.looseObject({
  status: z.enum(['ok', 'warn', 'fail']),
  items: z.array(
    z.looseObject({
      check: z.string(),
      subject: z.string().nullable(),
      vantage: z.string(),
      status: z.enum(['ok', 'warn', 'fail', 'unknown']),
      sentence: z.string(),
      remedy: z.string().nullable(),
      who: z.string().nullable(),
      doc: z.string(),
    }),
  ),
});

const colours = { ok: 'green', warn: 'yellow', fail: 'red', unknown: 'yellow' } as const;

/** `broker doctor` */
export const addDoctor: AddCommand = (program, io, ended) => {
  const command = program
    .command('doctor')
    .description('what is wrong, how to fix it and who can, as the app sees it')
    .option('--lang <language>', 'en or zh; the language of the terminal unless given');
  overApi(command, io, ended, async (over): Promise<ExitCode> => {
    const { lang } = command.opts<{ lang?: string }>();
    const language = lang ?? (/^zh/i.test(io.environment.LC_ALL ?? io.environment.LANG ?? '') ? 'zh' : 'en');
    const found = report.parse(await over.client.call('GET', `doctor?lang=${encodeURIComponent(language)}`));
    over.result(found, () => [
      ...tableLines(
        ['state', 'check', 'what was found'],
        found.items.map(({ status, check, subject, sentence }) => [
          status,
          subject === null ? check : `${check} ${subject}`,
          sentence,
        ]),
      ).map((line, index) => coloured(line, index === 0 ? undefined : found.items[index - 1]?.status, io.attended)),
      ...found.items.flatMap(({ status, check, remedy, who, doc }) =>
        status === 'ok' || remedy === null ? [] : ['', `${check} (${who ?? 'nobody'}): ${remedy}`, `  ${doc}`],
      ),
    ]);
    return found.status === 'fail' ? 1 : 0;
  });
};

const coloured = (line: string, status: keyof typeof colours | undefined, isTerminal: boolean): string =>
  status === undefined || !isTerminal ? line : styleText(colours[status], line);

import { Option } from 'commander';
import { z } from 'zod';
import { answerOf } from '../../api/typed.ts';
import type { AddCommand } from '../../command.ts';
import { confirmed, overApi, showList } from './command-over-api.ts';

const submission = z.looseObject({
  id: z.string(),
  state: z.string(),
  code: z.string().nullish(),
  createdAt: z.string(),
  sentAt: z.string().nullish(),
  remedy: z.string().nullish(),
});

/** `broker submissions …` */
export const addSubmissions: AddCommand = (program, io, ended) => {
  const group = program.command('submissions').description('outgoing messages, and what became of them');
  const named = (id: string) => ({ params: { path: { id } } });

  const list = group
    .command('list')
    .description('what was sent from a mailbox in the last days, newest first')
    .argument('<mailbox>', 'id of the mailbox');
  overApi(list, io, ended, async (over, [mailbox = '']) => {
    await showList(
      over,
      over.client.pages((query) =>
        over.client.api.GET('/mailboxes/{id}/submissions', { params: { path: { id: mailbox }, query } }),
      ),
      submission,
      [
        ['created', ({ createdAt }) => createdAt],
        ['state', ({ state }) => state],
        ['code', ({ code }) => code ?? ''],
        ['sent', ({ sentAt }) => sentAt ?? ''],
        ['remedy', ({ remedy }) => remedy ?? ''],
        ['id', ({ id }) => id],
      ],
      'Nothing was sent from this mailbox lately.',
    );
    return 0;
  });

  const cancel = group
    .command('cancel')
    .description('stop a message that is not being sent yet')
    .argument('<id>', 'id of the submission');
  overApi(cancel, io, ended, async (over, [id = '']) => {
    const answer = await answerOf(submission, over.client.api.DELETE('/submissions/{id}', named(id)));
    over.result(answer, () => [`It is ${answer.state}.`]);
    return 0;
  });

  const resend = group
    .command('resend')
    .description('send a message again of which it is unknown whether it was sent')
    .argument('<id>', 'id of the submission')
    .option('--yes', 'ask nothing');
  overApi(resend, io, ended, async (over, [id = '']) => {
    if (!(await confirmed(over, resend, 'Send it again? If it was sent after all, it arrives twice.'))) return 1;
    const answer = await answerOf(
      submission,
      over.client.api.POST('/submissions/{id}/resend', { ...named(id), body: {} }),
    );
    over.result(answer, () => [`It is ${answer.state}.`]);
    return 0;
  });

  const settle = group
    .command('settle')
    .description('record what became of a message of which it was unknown')
    .argument('<id>', 'id of the submission')
    .addOption(new Option('--as <state>', 'what was found out').choices(['sent', 'failed']).makeOptionMandatory());
  overApi(settle, io, ended, async (over, [id = '']) => {
    const { as } = settle.opts<{ as: 'sent' | 'failed' }>();
    const answer = await answerOf(
      submission,
      over.client.api.POST('/submissions/{id}/settle', { ...named(id), body: { as } }),
    );
    over.result(answer, () => [`It is ${answer.state}.`]);
    return 0;
  });
};

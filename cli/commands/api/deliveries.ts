import { z } from 'zod';
import type { QueryOf } from '../../../client/broker-client.ts';
import { asTyped } from '../../api/typed.ts';
import type { AddCommand } from '../../command.ts';
import { overApi, showList } from './command-over-api.ts';

const delivery = z.looseObject({
  id: z.string(),
  state: z.string(),
  address: z.string(),
  code: z.string(),
  attempts: z.number(),
  failedAt: z.string(),
  nextAt: z.string().nullable(),
  remedy: z.string().nullable(),
});

/** `broker deliveries …` */
export const addDeliveries: AddCommand = (program, io, ended) => {
  const group = program.command('deliveries').description('mail that was not delivered at the first attempt');

  const list = group
    .command('list')
    .description('messages being retried, and messages that were given up')
    .option('--state <state>', 'retrying or dead')
    .option('--mailbox <id>', 'of one mailbox');
  overApi(list, io, ended, async (over) => {
    const { state, mailbox } = list.opts<{ state?: string; mailbox?: string }>();
    await showList(
      over,
      over.client.pages((page) =>
        over.client.api.GET('/deliveries', {
          params: { query: asTyped<QueryOf<'/deliveries'>>({ ...page, state, mailboxId: mailbox }) },
        }),
      ),
      delivery,
      [
        ['address', ({ address }) => address],
        ['state', ({ state }) => state],
        ['code', ({ code }) => code],
        ['attempts', ({ attempts }) => String(attempts)],
        ['last failed', ({ failedAt }) => failedAt],
        ['next', ({ nextAt }) => nextAt ?? ''],
        ['remedy', ({ remedy }) => remedy ?? ''],
        ['id', ({ id }) => id],
      ],
      'All mail was delivered.',
    );
    return 0;
  });

  const replay = group
    .command('replay')
    .description('replay a message that was given up, or all of a mailbox')
    .argument('[id]', 'id of the delivery')
    .option('--mailbox <id>', 'all given-up mail of this mailbox');
  overApi(replay, io, ended, async (over, [id]) => {
    const { mailbox } = replay.opts<{ mailbox?: string }>();
    if ((id === undefined) === (mailbox === undefined)) {
      over.io.err('Name either a delivery or --mailbox.');
      return 2;
    }
    const answer =
      id === undefined
        ? await over.client.api.POST('/mailboxes/{id}/replay', {
            params: { path: { id: mailbox ?? '' } },
            body: { dead: true },
          })
        : await over.client.api.POST('/deliveries/{id}/replay', { params: { path: { id } }, body: {} });
    over.result(answer.data, () => ['It is sent again in the next run, under its own key.']);
    return 0;
  });
};

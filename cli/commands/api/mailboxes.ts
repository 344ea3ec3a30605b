import type { Command as Program } from 'commander';
import { z } from 'zod';
import type { QueryOf } from '../../../client/broker-client.ts';
import { answerOf, asTyped } from '../../api/typed.ts';
import type { AddCommand, CommandIo, ExitCode } from '../../command.ts';
import { confirmed, overApi, showList } from './command-over-api.ts';
import { importMailboxes } from './import-mailboxes.ts';
import { makeLinks } from './make-links.ts';

const mailbox = z.looseObject({
  id: z.string(),
  address: z.string(),
  state: z.string(),
  code: z.string().nullable(),
  remedy: z.string().nullable(),
  who: z.string().nullable(),
  label: z.string().nullable(),
});

const named = (id: string) => ({ params: { path: { id } } });

/** `broker mailboxes …` */
export const addMailboxes: AddCommand = (program, io, ended) => {
  const group = program.command('mailboxes').description('list, connect, pause and remove mailboxes');

  const list = group
    .command('list')
    .description('every mailbox, its state, and what to do about it')
    .option('--state <state>', 'only those in this state, such as reconnect_required')
    .option('--address <address>', 'only the one at this address');
  overApi(list, io, ended, async (over) => {
    const { state, address } = list.opts<{ state?: string; address?: string }>();
    await showList(
      over,
      over.client.pages((page) =>
        over.client.api.GET('/mailboxes', {
          params: { query: asTyped<QueryOf<'/mailboxes'>>({ ...page, state, address }) },
        }),
      ),
      mailbox,
      [
        ['address', ({ address }) => address],
        ['state', ({ state }) => state],
        ['code', ({ code }) => code ?? ''],
        ['who can act', ({ who }) => who ?? ''],
        ['remedy', ({ remedy }) => remedy ?? ''],
        ['id', ({ id }) => id],
      ],
      'There is no such mailbox.',
    );
    return 0;
  });

  const imported = group
    .command('import')
    .description('add shared and app-only mailboxes from a CSV file')
    .argument(
      '<file>',
      'columns: address, and any of viaMailboxId, auth, tenantId, login, destinationId, label, ownerRef, syncFrom',
    );
  overApi(imported, io, ended, (over, [file = '']) => importMailboxes(over, file));

  const links = group
    .command('links')
    .description('create a connect link for every person in a CSV file')
    .argument('<file>', 'columns: expectedAddress, and any of label, ownerRef, destinationId, returnUrl, syncFrom');
  overApi(links, io, ended, (over, [file = '']) => makeLinks(over, file));

  change(group, io, ended, 'pause', 'stop delivering; mail waits in the mailbox', { paused: true });
  change(group, io, ended, 'resume', 'deliver again, including mail that arrived meanwhile', { paused: false });

  const sync = group.command('sync').description('poll a mailbox now').argument('<id>', 'id of the mailbox');
  overApi(sync, io, ended, async (over, [id = '']) => {
    const { data } = await over.client.api.POST('/mailboxes/{id}/sync', { ...named(id), body: {} });
    over.result(data, () => [`${id} will be polled at the next tick.`]);
    return 0;
  });

  const remove = group
    .command('remove')
    .description("disconnect a mailbox and erase the broker's data about it")
    .argument('<id>', 'id of the mailbox')
    .option('--yes', 'ask nothing');
  overApi(remove, io, ended, async (over, [id = '']) => {
    const { address } = await answerOf(mailbox, over.client.api.GET('/mailboxes/{id}', named(id)));
    const question = `Disconnect ${address}? The broker forgets its position, and the owner has to connect it again.`;
    if (!(await confirmed(over, remove, question))) return 1;
    await over.client.api.DELETE('/mailboxes/{id}', named(id));
    over.result({ id, removed: true }, () => [`${address} is disconnected.`]);
    return 0;
  });
};

function change(
  group: Program,
  io: CommandIo,
  ended: (code: ExitCode) => void,
  name: string,
  description: string,
  body: { readonly paused: boolean },
): void {
  const command = group.command(name).description(description).argument('<id>', 'id of the mailbox');
  overApi(command, io, ended, async (over, [id = '']) => {
    const answer = await answerOf(mailbox, over.client.api.PATCH('/mailboxes/{id}', { ...named(id), body }));
    over.result(answer, () => [`${answer.address} is ${body.paused ? 'paused' : 'resumed'}.`]);
    return 0;
  });
}

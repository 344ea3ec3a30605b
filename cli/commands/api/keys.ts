import { z } from 'zod';
import type { BodyOf } from '../../../client/broker-client.ts';
import { answerOf, asTyped } from '../../api/typed.ts';
import type { AddCommand } from '../../command.ts';
import { confirmed, overApi, showList } from './command-over-api.ts';

const key = z.looseObject({
  id: z.string(),
  label: z.string().nullish(),
  scopes: z.array(z.string()),
  mailboxes: z.array(z.string()).nullish(),
  destinations: z.array(z.string()).nullish(),
  lastUsedAt: z.string().nullish(),
  expiresAt: z.string().nullish(),
});
const made = z.looseObject({ id: z.string(), key: z.string() });

const limits = ({ mailboxes, destinations }: z.output<typeof key>): string =>
  [
    ...(mailboxes == null ? [] : [`${mailboxes.length} mailboxes`]),
    ...(destinations == null ? [] : [`${destinations.length} destinations`]),
  ].join(', ') || 'none';

/** `broker keys …` */
export const addKeys: AddCommand = (program, io, ended) => {
  const group = program.command('keys').description('list, create and delete API keys');

  const list = group.command('list').description('every key, without its text');
  overApi(list, io, ended, async (over) => {
    await showList(
      over,
      over.client.pages((query) => over.client.api.GET('/keys', { params: { query } })),
      key,
      [
        ['label', ({ label }) => label ?? ''],
        ['scopes', ({ scopes }) => scopes.join(',')],
        ['limits', limits],
        ['last used', ({ lastUsedAt }) => lastUsedAt ?? 'never'],
        ['expires', ({ expiresAt }) => expiresAt ?? 'never'],
        ['id', ({ id }) => id],
      ],
      'There is no key.',
    );
    return 0;
  });

  const create = group
    .command('create')
    .description('create a key; its text is shown only once')
    .requiredOption('--scopes <scopes>', 'with commas: connect, read, write, send, token, admin')
    .option('--label <text>', 'what it is for')
    .option('--mailboxes <ids>', 'only these mailboxes, with commas')
    .option('--destinations <ids>', 'only these destinations, with commas')
    .option('--expires <time>', 'when it expires, such as 2027-06-01T00:00:00Z');
  overApi(create, io, ended, async (over) => {
    const { scopes, label, mailboxes, destinations, expires } = create.opts<Record<string, string | undefined>>();
    const listed = (text: string | undefined) => text?.split(',').map((each) => each.trim());
    const body = asTyped<BodyOf<'/keys'>>({
      scopes: listed(scopes),
      label,
      mailboxes: listed(mailboxes),
      destinations: listed(destinations),
      expiresAt: expires,
    });
    const answer = await answerOf(made, over.client.api.POST('/keys', { body }));
    over.result(answer, () => [answer.key]);
    if (!over.json) over.io.err('The key is not shown again.');
    return 0;
  });

  const remove = group
    .command('remove')
    .description('delete a key; requests that use it are rejected')
    .argument('<id>', 'id of the key')
    .option('--yes', 'ask nothing');
  overApi(remove, io, ended, async (over, [id = '']) => {
    if (!(await confirmed(over, remove, `Delete the key ${id}? Requests that use it will be rejected.`))) return 1;
    await over.client.api.DELETE('/keys/{id}', { params: { path: { id } } });
    over.result({ id, removed: true }, () => [`The key ${id} is deleted.`]);
    return 0;
  });
};

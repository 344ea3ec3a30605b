import { z } from 'zod';
import { answerOf } from '../../api/typed.ts';
import type { AddCommand } from '../../command.ts';
import { confirmed, overApi, showList } from './command-over-api.ts';

const destination = z.looseObject({
  id: z.string(),
  name: z.string(),
  type: z.string(),
  url: z.string(),
  paused: z.boolean(),
  held: z.looseObject({ since: z.string(), code: z.string(), remedy: z.string() }).nullish(),
  lastAccepted: z.string().nullish(),
});

const tested = z.looseObject({
  accepted: z.boolean(),
  status: z.number().nullish(),
  sentence: z.string().optional(),
  remedy: z.string().optional(),
});

const stateOf = ({ held, paused }: z.output<typeof destination>): string =>
  held != null ? `held since ${held.since}: ${held.code}` : paused ? 'paused' : 'ready';

/** `broker destinations …` */
export const addDestinations: AddCommand = (program, io, ended) => {
  const group = program.command('destinations').description('list, test, pause and remove destinations');
  const named = (id: string) => ({ params: { path: { id } } });

  const list = group.command('list').description('every destination, and whether it is held');
  overApi(list, io, ended, async (over) => {
    await showList(
      over,
      over.client.pages((query) => over.client.api.GET('/destinations', { params: { query } })),
      destination,
      [
        ['name', ({ name }) => name],
        ['type', ({ type }) => type],
        ['state', stateOf],
        ['last accepted', ({ lastAccepted }) => lastAccepted ?? 'never'],
        ['url', ({ url }) => url],
        ['id', ({ id }) => id],
      ],
      'There is no destination yet. To create one, see docs/builder.md, section 2.',
    );
    return 0;
  });

  for (const [name, paused] of [
    ['pause', true],
    ['resume', false],
  ] as const) {
    const command = group
      .command(name)
      .description(paused ? 'stop sending to it; mail waits' : 'send to it again, including mail that waited')
      .argument('<id>', 'id of the destination');
    overApi(command, io, ended, async (over, [id = '']) => {
      const answer = await answerOf(
        destination,
        over.client.api.PATCH('/destinations/{id}', { ...named(id), body: { paused } }),
      );
      over.result(answer, () => [`“${answer.name}” is ${paused ? 'paused' : 'resumed'}.`]);
      return 0;
    });
  }

  const test = group.command('test').description('send it a test event now').argument('<id>', 'id of the destination');
  overApi(test, io, ended, async (over, [id = '']) => {
    const answer = await answerOf(tested, over.client.api.POST('/destinations/{id}/test', { ...named(id), body: {} }));
    over.result(answer, () =>
      answer.accepted
        ? [`Accepted, with status ${String(answer.status ?? '')}.`]
        : [answer.sentence ?? 'Not accepted.', answer.remedy ?? ''],
    );
    return answer.accepted ? 0 : 1;
  });

  const remove = group
    .command('remove')
    .description('delete a destination that no mailbox uses')
    .argument('<id>', 'id of the destination')
    .option('--yes', 'ask nothing');
  overApi(remove, io, ended, async (over, [id = '']) => {
    const { name } = await answerOf(destination, over.client.api.GET('/destinations/{id}', named(id)));
    if (!(await confirmed(over, remove, `Delete the destination “${name}” and its secrets?`))) return 1;
    await over.client.api.DELETE('/destinations/{id}', named(id));
    over.result({ id, removed: true }, () => [`“${name}” is deleted.`]);
    return 0;
  });
};

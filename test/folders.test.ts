import { afterAll, beforeAll, expect, it } from 'vitest';
import { bundleOf } from './support/bundle.ts';
import { composeMail } from './support/mail.ts';
import { accepted, eventsOf, eventually, startWorld, type World } from './support/world.ts';

const ada = 'ada@contoso.example';
let world: World;
let mailboxId: string;

beforeAll(async () => {
  world = await startWorld({
    bundle: await bundleOf(`${import.meta.dirname}/../src/functions/index.ts`),
  });
  ({ mailboxId } = await world.connect(ada, { folders: ['inbox', { path: 'Projects' }] }));
});
afterAll(() => world?.stop());

const patch = (folders: unknown) => world.api('PATCH', `mailboxes/${mailboxId}`, { body: { folders } });
const deliver = async (folder: string, subject: string) => {
  await world.standIns.imap.deliver(
    ada,
    await composeMail({ from: 'g@contoso.example', to: ada, subject, text: 'x' }),
    {
      folder,
    },
  );
};
const told = async (subject: string) => {
  const [event] = await eventsOf(
    world,
    1,
    (each) => accepted('message.received')(each) && JSON.stringify(each.body).includes(`"${subject}"`),
  );
  return (event?.body as { data: { folder: unknown } } | undefined)?.data.folder;
};

it('watches the folders that the link names, and says which is not there', async () => {
  await deliver('INBOX', 'inbox');
  expect(await told('inbox')).toEqual({ path: 'INBOX', role: 'inbox' });
  const shown = await eventually('the missing folder is noticed', async () => {
    const { body } = await world.api('GET', `mailboxes/${mailboxId}`);
    return body.code === 'folder_missing' ? body : undefined;
  });
  expect(shown.folders).toMatchObject([{ path: 'INBOX' }, { path: 'Projects', role: null }]);
  expect(shown.remedy).toMatch(/folder/);
});

it('watches others after a change, by role and by path, and those no more that are left out', async () => {
  await deliver('Archive', 'archived before');
  const changed = await patch(['archive', { path: 'Junk Email' }]);
  expect([changed.status, changed.body.folders]).toEqual([
    200,
    [
      { id: expect.any(String), path: null, role: 'archive' },
      { id: expect.any(String), path: 'Junk Email', role: null },
    ],
  ]);
  await deliver('INBOX', 'left out');
  await deliver('Archive', 'archived');
  await deliver('Junk Email', 'junk');
  expect(await told('archived')).toEqual({ path: 'Archive', role: 'archive' });
  expect(await told('junk')).toEqual({ path: 'Junk Email', role: null });
  const subjects = world.standIns.nocobase.events({ type: 'message.received' }).map(({ body }) => JSON.stringify(body));
  expect(subjects.some((body) => body.includes('"left out"'))).toBe(false);
  await eventually('all is well again', async () => {
    const { body } = await world.api('GET', `mailboxes/${mailboxId}`);
    return body.state === 'active' && body.code === null;
  });
});

it.each([[[]], [['Projects']], [[{ path: 'a', role: 'inbox' }]], ['inbox']])('does not take %j', async (folders) => {
  const answer = await patch(folders);
  expect([answer.status, answer.body.code]).toEqual([400, 'invalid_request']);
});

import { afterAll, beforeAll, expect, it } from 'vitest';
import type { EmbeddedImap } from '../local/mail/stand-ins.ts';
import { bundleOf } from './support/bundle.ts';
import { composeMail } from './support/mail.ts';
import { accepted, eventsOf, eventually, pollsPass, startWorld, type World } from './support/world.ts';

const ada = 'ada@contoso.example';
let world: World;
let imap: EmbeddedImap;
let mailboxId: string;

beforeAll(async () => {
  world = await startWorld({
    bundle: await bundleOf(`${import.meta.dirname}/../src/functions/index.ts`),
  });
  if (!('logins' in world.standIns.imap)) throw new Error('the embedded server was asked for');
  imap = world.standIns.imap;
  ({ mailboxId } = await world.connect(ada));
});
afterAll(() => world?.stop());

const deliver = async (subject: string) => {
  await imap.deliver(ada, await composeMail({ from: 'grace@contoso.example', to: ada, subject, text: 'x' }));
  await eventsOf(
    world,
    1,
    (event) => accepted('message.received')(event) && JSON.stringify(event.body).includes(`"${subject}"`),
  );
};
const state = async () => (await world.api('GET', `mailboxes/${mailboxId}`)).body;

it('logs in once and polls many times over the same connection', async () => {
  await deliver('first');
  const logins = imap.logins();
  await deliver('second');
  await pollsPass(world, 4);
  await deliver('third');
  expect(imap.logins()).toBe(logins);
});

it('continues over a new connection without a failure when the server has ended the old one', async () => {
  const logins = imap.logins();
  imap.kill(ada);
  await deliver('after the break');
  expect(imap.logins()).toBe(logins + 1);
  expect(await state()).toMatchObject({ state: 'active', code: null });
});

it('logs in anew after the owner has connected the mailbox again', async () => {
  const logins = imap.logins();
  const link = await world.api('POST', 'connect-links', { body: { mailboxId } });
  expect(link.status).toBe(201);
  const { walk } = await import('./support/world.ts');
  const { BrowserClient } = await import('./support/browser-client.ts');
  expect((await walk(new BrowserClient(), link.body.url, world.standIns, ada)).status).toBe(200);
  await deliver('after the reconnect');
  // The look that belongs to connecting, and the poll with the new token.
  expect(imap.logins()).toBe(logins + 2);
});

it('keeps no connection to a mailbox that was removed', async () => {
  await world.api('DELETE', `mailboxes/${mailboxId}`);
  await eventually('the mailbox is gone', async () => (await state()).code === 'not_found');
  await pollsPass(world);
  const logins = imap.logins();
  await pollsPass(world, 3);
  expect(imap.logins()).toBe(logins);
});

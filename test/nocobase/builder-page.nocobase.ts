import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BrowserClient } from '../support/browser-client.ts';
import { type Nocobase, startNocobase } from '../support/nocobase/nocobase.ts';
import { blocksOf, readPage } from '../support/page.ts';
import { startShell } from '../support/shell-session.ts';
import { startWorld, type World, walk } from '../support/world.ts';

// The workflow of docs/builder.md, made by its own commands.
let nocobase: Nocobase;
let world: World;
beforeAll(async () => {
  [nocobase, world] = await Promise.all([startNocobase(), startWorld()]);
});
afterAll(() => Promise.all([nocobase?.stop(), world?.stop()]));

const builder = readPage('docs/builder.md');

async function runPage(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'builder-page-'));
  const shell = startShell(folder);
  const values = {
    BROKER: world.url.replace(/\/api$/, ''),
    BROKER_KEY: world.services.stack.adminKey,
    NOCOBASE: nocobase.url,
    ROOT_ACCOUNT: nocobase.root.account,
    ROOT_PASSWORD: nocobase.root.password,
  };
  try {
    await shell.run(
      Object.entries(values)
        .map(([name, value]) => `${name}='${value}'`)
        .join('\n'),
    );
    // The first block of either page is the values themselves.
    const [, nocobaseHelpers = ''] = blocksOf(readPage('docs/nocobase.md'), 'sh');
    const [, brokerHelpers = '', makeKey = ''] = blocksOf(builder, 'sh');
    const [makeWorkflow = ''] = blocksOf(builder, 'sh nocobase');
    for (const commands of [nocobaseHelpers, brokerHelpers, makeKey, makeWorkflow]) await shell.run(commands);
  } finally {
    shell.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

it('gives each user of NocoBase a link to connect her own mailbox', async () => {
  await runPage();
  await nocobase.ask('users:create', {
    username: 'ada',
    email: 'ada@contoso.example',
    password: 'only-for-this-test',
    roles: [{ name: 'member' }],
  });
  const [user] = (await nocobase.ask('users:list?filter={"username":"ada"}')).data;
  const ada = await nocobase.signIn('ada', 'only-for-this-test');
  const answer = await nocobase.askAs(ada, 'workflows:trigger?triggerWorkflows=connect_mailbox', {});
  expect(answer.status).toBe(200);
  const link = /http\S+\/api\/connect\?token=[\w-]+/.exec(JSON.stringify(answer.body))?.[0] ?? '';
  expect(link).not.toBe('');

  const page = await walk(new BrowserClient(), link, world.standIns, 'ada@contoso.example');
  expect(page.text).toContain('Your mailbox is connected');
  const { items } = (await world.api('GET', `mailboxes?ownerRef=${user.id}`)).body;
  expect(items).toHaveLength(1);
  expect(items[0]).toMatchObject({ address: 'ada@contoso.example' });
});

it('keeps nothing of it in the history, where a token could be read', async () => {
  const { data } = await nocobase.ask('executions:list?filter={"key":"connect_mailbox"}&appends=jobs');
  expect(data).toEqual([]);
});

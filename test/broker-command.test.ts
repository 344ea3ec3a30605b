import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../cli/broker.ts';
import { configFolder, fileProfiles } from '../cli/profile/profiles.ts';
import { deliveryId } from '../src/lib/domain/ids.ts';
import { encodeDead } from '../src/lib/store/rows/retry-row.ts';
import { parsePowerShell } from './support/powershell.ts';
import { entry } from './support/rows.ts';
import { eventually, startWorld, type World } from './support/world.ts';

// `broker` against the deployed bundle, over its interface.
const ada = 'ada@contoso.example';
const root = join(import.meta.dirname, '..');
const run = promisify(execFile);

describe('broker, over the API', () => {
  let world: World;
  let folder: string;
  let mailboxId: string;
  let environment: Record<string, string>;

  beforeAll(async () => {
    [world, folder] = await Promise.all([startWorld(), mkdtemp(join(tmpdir(), 'broker-command-'))]);
    ({ mailboxId } = await world.connect(ada));
    environment = {
      BROKER_URL: world.url.replace(/\/api$/, ''),
      BROKER_KEY: world.services.stack.adminKey,
      XDG_CONFIG_HOME: folder,
      LANG: 'en_US.UTF-8',
    };
  });
  afterAll(async () => {
    await world?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const broker = async (args: string, change: { environment?: Record<string, string>; answer?: string } = {}) => {
    const out: string[] = [];
    const err: string[] = [];
    const code = await main(args.split(' '), {
      out: (line) => out.push(line),
      err: (line) => err.push(line),
      environment: change.environment ?? environment,
      folder,
      signal: new AbortController().signal,
      attended: change.answer !== undefined,
      ask: async () => change.answer ?? '',
    });
    return { code, out: out.join('\n'), err: err.join('\n') };
  };
  const file = async (name: string, text: string): Promise<string> => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };
  /** What is different in every run, named. */
  const settled = (text: string): string =>
    text
      .replaceAll(/\b(mbx_\d{4}|dst)_[0-9A-Za-z]+/g, '$1_ID')
      .replaceAll(/"id": "f[0-9A-Za-z]{7}"/g, '"id": "fID"')
      .replaceAll(/\bdlv_[\w-]+/g, 'dlv_ID')
      .replaceAll(/\bsub_[\w-]+/g, 'sub_ID')
      .replaceAll(/"(messageId|ourMessageId|threadKey)": "[^"]+"/g, '"$1": "ID"')
      .replaceAll(/"messageRef": "[\w-]+"/g, '"messageRef": "REF"')
      .replaceAll(/"version":"[0-9a-f]{32}"/g, '"version":"VERSION"')
      .replaceAll(/"file":"[^"]+"/g, '"file":"FILE"')
      .replaceAll(/"(rows|count)":\d+/g, '"$1":0')
      // A mailbox is shown as paused until the next poll has seen that it is not.
      .replaceAll(/"state": "(active|paused)"/g, '"state": "STATE"')
      // How far the first sync has come is a matter of polls.
      .replaceAll(/("firstSync": \{\s+"state": )"\w+"/g, '$1"STATE"')
      .replaceAll(/"total": (?:null|\d+)/g, '"total": 0')
      .replaceAll(/"lastDelivery": (?:null|"[^"]+")/g, '"lastDelivery": "TIME"')
      .replaceAll(/\bj_[\w-]{22}/g, 'j_ID')
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
      .replaceAll(/token=[\w-]+/g, 'token=TOKEN')
      .replaceAll(/nmb_\w+/g, 'KEY')
      .replaceAll(/"(id|createdBy)": "[0-9A-Za-z]{12}"/g, '"$1": "ID"')
      .replaceAll(/(localhost|127\.0\.0\.1):\d+/g, '$1:PORT')
      .replaceAll(/"version": "[^"]+"/g, '"version": "VERSION"')
      .replaceAll(/"(tookMs|number|size)": \d+/g, '"$1": 0');

  /** Holds what a command answers to programs. Words in capitals in `args` stand for what `given` names. */
  const holds = async (args: string, given: Readonly<Record<string, string>> = {}, code = 0): Promise<void> => {
    const named = args.replaceAll(/\b[A-Z]{2,}\b/g, (name) => given[name] ?? name);
    const answered = await broker(named);
    expect({ code: answered.code, args }).toEqual({ code, args });
    expect(() => JSON.parse(answered.out)).not.toThrow();
    expect(settled(answered.out)).toMatchSnapshot(args);
  };

  it.each([
    'mailboxes list --json',
    'mailboxes list --state active --json',
    'destinations list --json',
    'deliveries list --json',
    'keys list --json',
    'cost --json',
    'bootstrap-key --json',
    'completion powershell --json',
  ])('%s answers what programs read', (args) => holds(args));

  it('doctor --json answers what programs read', async () => {
    // Else it warns that nothing was polled yet.
    await world.poll();
    await eventually('the first poll', async () => {
      const { items } = JSON.parse((await broker('doctor --json')).out);
      const dispatch = items.find(({ subject }: { subject: string | null }) => subject === 'dispatch');
      return dispatch?.status === 'ok' || undefined;
    });
    const { code, out } = await broker('doctor --json');
    const report = JSON.parse(out);
    expect(report.items.filter(({ status }: { status: string }) => status === 'fail')).toEqual([]);
    expect(code).toBe(0);
    // The words may change; the fields do not without someone meaning it. What is asked at once answers in any order.
    const order = ({ check, subject }: Record<string, string | null>) => `${check} ${subject}`;
    const sorted = report.items.toSorted((one: Record<string, string | null>, other: Record<string, string | null>) =>
      order(one) < order(other) ? -1 : 1,
    );
    const items = sorted.map(({ sentence, remedy, ...item }: Record<string, string | null>) => ({
      ...item,
      sentence: typeof sentence,
      hasRemedy: remedy !== null,
    }));
    expect(settled(JSON.stringify({ ...report, items }, null, 2))).toMatchSnapshot();
  });

  it('commands that change something answer what programs read', async () => {
    const box = { ID: mailboxId };
    await holds('mailboxes pause ID --json', box);
    await holds('mailboxes resume ID --json', box);
    await holds('mailboxes sync ID --json', box);
    await holds(
      'mailboxes import FILE --json',
      { FILE: await file('one.csv', 'address,auth\nnobody@x.example,app\n') },
      1,
    );
    await holds('mailboxes links FILE --json', { FILE: await file('one.csv', 'expectedAddress\ngrace@x.example\n') });
    await holds('destinations pause ID --json', { ID: world.services.destinationId });
    await holds('destinations resume ID --json', { ID: world.services.destinationId });
    await holds('destinations test ID --json', { ID: world.services.destinationId });
    const other = { type: 'webhook', name: 'Unused', url: world.standIns.nocobase.url };
    const { body: unused } = await world.api('POST', 'destinations', { body: other });
    await holds('destinations remove ID --yes --json', { ID: unused.id });
    await holds('keys create --scopes read,connect --label pipe --json');
    const { body: key } = await world.api('POST', 'keys', { body: { scopes: ['read'] } });
    await holds('keys remove ID --yes --json', { ID: key.id });
    await holds('mailboxes pause ID --json', { ID: 'mbx_0001_aaaaaaaaaaaaaaaa' }, 1);
    await holds('keys create --json', {}, 2);
  });

  it('commands about mail that was given up answer what programs read', async () => {
    const { body: shown } = await world.api('GET', `mailboxes/${mailboxId}`);
    const mark = { mailboxId, folderId: shown.folders[0].id, uidValidity: 1n, ...entry(7, 20_000) };
    const reason = 'destination_refused_message' as const;
    const dead = { ...mark, reason, status: 422, attempts: 10, at: new Date(Date.now() - 60_000) };
    await world.store.table('mail').insert(encodeDead(dead));
    await holds('deliveries list --state dead --json');
    await holds('deliveries replay ID --json', { ID: deliveryId(mailboxId, mark.key) });
    await holds('deliveries replay --mailbox ID --json', { ID: mailboxId });
  });

  it('commands about outgoing mail answer what programs read', async () => {
    const send = async (more: object = {}) => {
      const mail = { to: ['grace@contoso.example'], subject: 'Offer', text: 'Hello', ...more };
      await writeFile(join(folder, 'mail.json'), JSON.stringify(mail));
      const args = `api POST mailboxes/${mailboxId}/send --data @${join(folder, 'mail.json')} --json`;
      return JSON.parse((await broker(args)).out).id;
    };
    const later = await send({ sendAt: new Date(Date.now() + 3_600_000).toISOString() });
    await holds('submissions list ID --json', { ID: mailboxId });
    await holds('submissions cancel ID --json', { ID: later });
    await holds('submissions resend ID --yes --json', { ID: later }, 1);
    await holds('submissions settle ID --as sent --json', { ID: later }, 1);
  });

  it('commands that need no running broker answer what programs read', async () => {
    await file('local.settings.json', JSON.stringify({ IsEncrypted: false, Values: world.services.settings }));
    await holds('reseal --json', {}, 3);
    const path = join(folder, 'tables.jsonl');
    await holds('backup FILE --json', { FILE: path });
    await rm(join(folder, 'local.settings.json'));
    const profiles = fileProfiles(configFolder(environment, process.platform));
    await profiles.put('sales', { url: 'https://sales.example', key: environment.BROKER_KEY ?? '' });
    await holds('profile-key sales --json');
    await profiles.remove('sales');
    await holds('profile-key support --json', {}, 2);
  });

  it('shows a table to people', async () => {
    const { code, out } = await broker('mailboxes list');
    expect(code).toBe(0);
    const [head = '', line = ''] = out.split('\n');
    expect(head).toMatch(/^ADDRESS +STATE +CODE/);
    expect(line).toMatch(/^ada@contoso\.example +active/);
  });

  it('pauses, resumes and polls a mailbox', async () => {
    expect(await broker(`mailboxes pause ${mailboxId}`)).toMatchObject({ code: 0, out: `${ada} is paused.` });
    expect((await world.api('GET', `mailboxes/${mailboxId}`)).body.paused).toBe(true);
    expect(await broker(`mailboxes resume ${mailboxId}`)).toMatchObject({ code: 0, out: `${ada} is resumed.` });
    expect((await broker(`mailboxes sync ${mailboxId}`)).code).toBe(0);
  });

  it('imports mailboxes from CSV, and reports line by line', async () => {
    const path = await file(
      'mailboxes.csv',
      '\ufeffaddress;auth;tenantId;label\r\ntickets@contoso.example;app;;Tickets\r\nnobody@contoso.example;app;;\r\nnot an address;;;\r\n',
    );
    const { code, out } = await broker(`mailboxes import ${path} --json`);
    expect(code).toBe(1);
    const lines = JSON.parse(out) as { line: number; state: string; code?: string }[];
    expect(lines.map(({ line, state, code }) => [line, state, code])).toEqual([
      [2, 'done', undefined],
      [3, 'failed', 'app_access_missing'],
      [4, 'failed', 'invalid_request'],
    ]);
    expect((await broker(`mailboxes import ${path} --json`)).out).toContain('"state": "done"');
  });

  it.each([
    ['a file that is not there', undefined, 'cannot be read'],
    ['a file without rows', 'address\n', 'has no rows'],
    ['a column that nobody knows', 'address,colour\na@b.example,red\n', 'has a column "colour"'],
    ['no column of addresses', 'label\nSales\n', 'has no column address'],
    ['a quote that does not end', 'address\n"a@b.example\n', 'is not CSV'],
  ])('refuses %s in one sentence', async (_, text, sentence) => {
    const path = text === undefined ? join(folder, 'none.csv') : await file('wrong.csv', text);
    const { code, err } = await broker(`mailboxes import ${path}`);
    expect([code, err.split('\n').length]).toEqual([2, 1]);
    expect(err).toContain(sentence);
  });

  it('makes links for many', async () => {
    const path = await file(
      'people.csv',
      'expectedAddress,label\ngrace@contoso.example,Sales\nlina@contoso.example,销售\n',
    );
    const { code, out } = await broker(`mailboxes links ${path}`);
    expect(code).toBe(0);
    expect(out.match(/\/api\/connect\?token=/g)).toHaveLength(2);
    expect(out).toContain('2 of 2 done.');
  });

  it('pauses, resumes and tests a destination', async () => {
    const id = world.services.destinationId;
    expect((await broker(`destinations pause ${id}`)).out).toContain('is paused.');
    expect((await broker(`destinations resume ${id}`)).out).toContain('is resumed.');
    expect(await broker(`destinations test ${id}`)).toMatchObject({ code: 0, out: 'Accepted, with status 200.' });
    world.standIns.nocobase.mode({ status: 503 });
    const refused = await broker(`destinations test ${id} --json`);
    world.standIns.nocobase.mode({});
    expect(refused.code).toBe(1);
    expect(JSON.parse(refused.out)).toMatchObject({ accepted: false });
  });

  it('makes a key whose text is shown once, alone on its line, and deletes it after a question', async () => {
    const made = await broker('keys create --scopes read,connect --label pipe --expires 2026-12-15T00:00:00Z');
    expect(made.code).toBe(0);
    expect(made.out).toMatch(/^nmb_\w+$/);
    const id = made.out.slice(4, 16);
    expect((await broker('mailboxes list', { environment: { ...environment, BROKER_KEY: made.out } })).code).toBe(0);
    expect((await broker(`keys remove ${id}`)).code).toBe(1);
    expect((await broker(`keys remove ${id}`, { answer: 'n' })).code).toBe(1);
    expect((await broker(`keys remove ${id}`, { answer: 'y' })).code).toBe(0);
    expect((await broker('keys list --json')).out).not.toContain(id);
  });

  it('asks the doctor, in the language of the terminal, and ends with 1 where something is broken', async () => {
    const english = await broker('doctor');
    expect(english.code).toBe(0);
    expect(english.out).toContain('The root key is present and usable.');
    const chinese = await broker('doctor', { environment: { ...environment, LANG: 'zh_CN.UTF-8' } });
    expect(chinese.out).toContain('根密钥存在且可用。');
    world.standIns.vault.remove('client-secret');
    const broken = await broker('doctor --json');
    world.standIns.vault.recover('client-secret');
    expect(broken.code).toBe(1);
    expect(JSON.parse(broken.out)).toMatchObject({ status: 'fail' });
  });

  describe('asks the doctor', () => {
    const ask = async (args: string, given: Record<string, string>) => {
      const { code, out, err } = await broker(`doctor --json ${args}`.trim(), { environment: given });
      return { code, err, report: out === '' ? undefined : JSON.parse(out) };
    };
    const bare = () => ({ XDG_CONFIG_HOME: folder, PATH: '' });
    const settingsFile = (values: Readonly<Record<string, string>>) =>
      file('local.settings.json', JSON.stringify({ IsEncrypted: false, Values: values }));
    /** Where nothing listens. */
    const toNowhere = (connectionString: string) =>
      connectionString.replaceAll(/(127\.0\.0\.1|localhost):\d+/g, '$1:9');
    afterEach(() => rm(join(folder, 'local.settings.json'), { force: true }));

    it('about a broker that does not answer, and reports that az could not check', async () => {
      const { code, report } = await ask('', { ...bare(), BROKER_URL: 'https://127.0.0.2:9', BROKER_KEY: 'nmb_x' });
      expect(code).toBe(1);
      expect(report).toMatchObject({
        status: 'fail',
        items: [
          { check: 'broker', vantage: 'machine', status: 'fail', code: 'unreachable' },
          { check: 'azure', vantage: 'azure', status: 'unknown', code: 'az_missing' },
        ],
      });
      const alone = await ask('--no-azure', { ...bare(), BROKER_URL: 'https://127.0.0.2:9', BROKER_KEY: 'nmb_x' });
      expect(alone.report.items).toHaveLength(1);
    });

    it('with the settings of the folder and no broker that runs', async () => {
      await settingsFile(world.services.settings);
      const { code, report } = await ask('', bare());
      expect(report.items.filter(({ status }: { status: string }) => status === 'fail')).toEqual([]);
      expect(code).toBe(0);
      const found = report.items.map(({ check, vantage }: Record<string, string>) => `${vantage} ${check}`);
      expect(found).toEqual(expect.arrayContaining(['machine key-vault', 'machine tables', 'machine mailboxes']));
    });

    it.each<[string, (settings: Readonly<Record<string, string>>) => Record<string, string>, unknown[]]>([
      [
        'an address that the application does not have',
        () => ({ PUBLIC_URL: 'https://elsewhere.example' }),
        ['redirect-uri', null, 'fail'],
      ],
      ['a mail server that is not there', () => ({ IMAP_PORT: '9' }), ['network', 'IMAP', 'fail']],
      ['a server for outgoing mail that is not there', () => ({ SMTP_PORT: '9' }), ['network', 'SMTP', 'fail']],
      [
        'another vault than that of the secrets',
        ({ KEY_VAULT_URL = '' }) => ({ KEY_VAULT_URL: KEY_VAULT_URL.replace(/:\d+/, ':9') }),
        ['key-vault', 'broker-root', 'fail'],
      ],
      [
        'tables that do not answer',
        ({ TABLES_CONNECTION_STRING = '' }) => ({ TABLES_CONNECTION_STRING: toNowhere(TABLES_CONNECTION_STRING) }),
        ['tables', null, 'fail'],
      ],
      [
        'a queue that does not answer',
        ({ AzureWebJobsStorage = '' }) => ({ AzureWebJobsStorage: toNowhere(AzureWebJobsStorage) }),
        ['queue', null, 'fail'],
      ],
      [
        'an application that Microsoft does not know',
        () => ({ CLIENT_ID: '00000000-0000-4000-8000-000000000009' }),
        ['credential', null, 'fail'],
      ],
    ])('about settings that lead to %s', async (_, change, expected) => {
      const { settings } = world.services;
      await settingsFile({ ...settings, ...change(settings) });
      const { report } = await ask('--settings', bare());
      const troubles = report.items.map(({ check, subject, status }: Record<string, unknown>) => [
        check,
        subject,
        status,
      ]);
      expect(troubles).toContainEqual(expected);
    });

    it('about settings that do not hold, each by its name and without its value', async () => {
      await settingsFile({ PUBLIC_URL: 'https://broker.example', CLIENT_ID: 'hush' });
      const { code, report } = await ask('--settings', bare());
      expect(code).toBe(1);
      const subjects = report.items.map(({ subject }: { subject: string }) => subject);
      expect(subjects).toEqual(expect.arrayContaining(['CLIENT_ID', 'TENANT', 'KEY_VAULT_URL', 'TABLES_URL']));
      expect(JSON.stringify(report)).not.toContain('hush');
    });

    it('the doctor says which folder has no settings', async () => {
      const { code, err } = await broker('doctor --settings', { environment: bare() });
      expect(code).toBe(2);
      expect(err).toContain('local.settings.json');
    });
  });

  it('says what is wrong with a key, an id or an address, how to fix it, and the same to programs', async () => {
    const wrongKey = await broker('mailboxes list', { environment: { ...environment, BROKER_KEY: 'nmb_wrong' } });
    expect(wrongKey).toMatchObject({ code: 1, out: '' });
    expect(wrongKey.err.split('\n').length).toBeGreaterThan(1);
    const unknown = await broker('mailboxes pause mbx_0001_aaaaaaaaaaaaaaaa --json');
    expect(JSON.parse(unknown.out)).toMatchObject({ error: { code: 'not_found' } });
    const dead = await broker('mailboxes list', { environment: { ...environment, BROKER_URL: 'http://127.0.0.1:9' } });
    expect(dead).toMatchObject({ code: 1 });
    expect(dead.err).toContain('No broker answers at http://127.0.0.1:9.');
    const other = await broker('mailboxes list', {
      environment: { ...environment, BROKER_URL: world.standIns.nocobase.url },
    });
    expect(other.err).toContain('not as a broker does');
  });

  it('knows a broker by its profile, and says which there are', async () => {
    const { BROKER_URL: url = '', BROKER_KEY: key = '' } = environment;
    const bare = { XDG_CONFIG_HOME: folder };
    expect((await broker('mailboxes list', { environment: bare })).err).toContain('Name the broker');
    const profiles = fileProfiles(configFolder(bare, process.platform));
    await profiles.put('sales', { url, key });
    expect((await broker('mailboxes list', { environment: bare })).code).toBe(0);
    await profiles.put('support', { url, key });
    expect((await broker('mailboxes list', { environment: bare })).err).toContain('one of sales, support');
    expect((await broker('mailboxes list --profile sales', { environment: bare })).code).toBe(0);
    const none = await broker('mailboxes list --profile nobody', { environment: bare });
    expect([none.code, none.err]).toEqual([2, 'There is no profile "nobody". There are: sales, support.']);
  });

  it('completes in a real bash', async () => {
    const { out } = await broker('completion bash');
    const ask = async (...words: string[]) => {
      const script = `${out}\nCOMP_WORDS=(broker ${words.join(' ')} ""); COMP_CWORD=${words.length + 1}; _broker; echo "\${COMPREPLY[@]}"`;
      return (await run('bash', ['-c', script])).stdout.trim().split(' ');
    };
    expect(await ask()).toEqual(expect.arrayContaining(['doctor', 'mailboxes', 'keys', 'completion']));
    expect(await ask('mailboxes')).toEqual(expect.arrayContaining(['list', 'import', 'links', 'pause']));
    expect(await ask('mailboxes', 'list')).toEqual(expect.arrayContaining(['--state', '--json', '--profile']));
  });

  it.each(['zsh', 'powershell'])('has a completion for %s that names every command', async (shell) => {
    const { code, out } = await broker(`completion ${shell}`);
    expect(code).toBe(0);
    for (const word of ['mailboxes list', 'deliveries replay', '--profile']) expect(out).toContain(word);
    // The grammar tells whether PowerShell could read it.
    if (shell === 'powershell') expect(parsePowerShell(out).commands[0]?.name).toBe('Register-ArgumentCompleter');
  });

  it('makes any other request of the API: lists, forms, files, texts', async () => {
    await holds('api GET mailboxes --query address=nobody@contoso.example --json');
    await holds('api GET destinations --all --json');
    await holds('api GET mailboxes/mbx_0001_aaaaaaaaaaaaaaaa --json', {}, 1);
    expect(JSON.parse((await broker('api get /api/mailboxes')).out)).toHaveProperty('items');
    expect((await broker('api GET metrics')).out).toContain('mail_broker_up 1');
    expect((await broker(`api GET mailboxes/${mailboxId}/folders --query counts=inbox`)).code).toBe(0);

    const { body: key } = await world.api('POST', 'keys', { body: { scopes: ['read'] } });
    expect(await broker(`api DELETE keys/${key.id}`)).toMatchObject({ code: 0, out: 'Done.' });

    await world.standIns.imap.deliver(ada, 'From: grace@contoso.example\r\nSubject: To keep\r\n\r\nHello\r\n');
    const { items } = JSON.parse((await broker(`api GET mailboxes/${mailboxId}/messages --query folder=inbox`)).out);
    const raw = `mailboxes/${mailboxId}/messages/${items[0].messageRef}/raw`;
    const unnamed = await broker(`api GET ${raw}`);
    expect([unnamed.code, unnamed.err]).toEqual([2, expect.stringContaining('--output')]);
    const path = join(folder, 'message.eml');
    expect((await broker(`api GET ${raw} --output ${path}`)).code).toBe(0);
    expect(await readFile(path, 'utf8')).toContain('Subject: To keep');

    // A form with a file, as a browser sends it.
    const form = `--form to=grace@contoso.example --form subject=File --form text=Hello --form attachments=@${path}`;
    const sent = await broker(`api POST mailboxes/${mailboxId}/send --form dryRun=true ${form}`);
    expect(sent.out).toContain('message.eml');
  });

  it.each([
    ['api HEAD mailboxes', 'The method is one of'],
    ['api POST keys --data {', '--data takes JSON'],
    ['api POST keys --data @/nowhere', 'cannot be read'],
    ['api POST keys --data {} --form a=b', 'not both'],
    ['api GET keys --query a', '--query takes a name and a value'],
    ['api POST keys --all', '--all is for GET'],
  ])('refuses %s in one sentence', async (args, sentence) => {
    const { code, err } = await broker(args);
    expect([code, err.split('\n').length]).toEqual([2, 1]);
    expect(err).toContain(sentence);
  });

  it('shows what a month costs, without calling anything', async () => {
    const { code, out } = await broker('cost --mailboxes 30', { environment: {} });
    expect(code).toBe(0);
    expect(out).toMatch(/A month +\$0\.\d\d/);
    const price = JSON.parse((await broker('cost --alerts --network nat --json')).out);
    expect(price.lines.map(({ name }: { name: string }) => name)).toEqual(
      expect.arrayContaining(['Alerts', 'Network']),
    );
    expect((await broker('cost --mailboxes many')).code).toBe(2);
  });

  it('removes a mailbox after a question', async () => {
    expect((await broker(`mailboxes remove ${mailboxId}`, { answer: 'no' })).code).toBe(1);
    const { body } = await world.api('GET', 'mailboxes?address=tickets@contoso.example');
    expect((await broker(`mailboxes remove ${body.items[0].id}`, { answer: 'y' })).out).toContain('is disconnected.');
    await holds('mailboxes remove ID --yes --json', { ID: mailboxId });
    expect((await world.api('GET', `mailboxes/${mailboxId}`)).status).toBe(404);
  });

  it('runs from a shell by the command of the README', async () => {
    const { stdout } = await run('npm', ['run', '--silent', 'broker', '--', 'destinations', 'list', '--json'], {
      cwd: root,
      env: { ...process.env, ...environment },
    });
    expect(JSON.parse(stdout)).toHaveLength(1);
  });

  it('takes --json with every command, and each answer is held by a golden file', async () => {
    const { script } = JSON.parse((await broker('completion bash --json')).out);
    const paths = new Map(
      [...String(script).matchAll(/^ +"([^"]+)"\*\) words="([^"]*)"/gm)].map(([, path = '', words = '']) => [
        path,
        words,
      ]),
    );
    const commands = [...paths.keys()].filter(
      (path) => ![...paths.keys()].some((other) => other.startsWith(`${path} `)),
    );
    expect(commands.length).toBeGreaterThan(20);
    const golden = await Promise.all(
      ['backup', 'broker-command', 'deploy-json'].map((name) =>
        readFile(join(root, 'test/__snapshots__', `${name}.test.ts.snap`), 'utf8'),
      ),
    );
    const held = golden.join('').matchAll(/^exports\[`(?:.*> )?(.+--json)\b/gm);
    const names = [...held].map(([, name = '']) => `${name} `);
    for (const path of commands) {
      expect(paths.get(path), path).toContain('--json');
      expect(
        names.some((name) => name.startsWith(`${path} `)),
        path,
      ).toBe(true);
    }
  });
});

import type { Browser, BrowserContext, Page, Response } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../local/demo/chromium.ts';
import { demoUsers } from '../local/demo/demo-users.ts';
import type { DemoUser } from '../local/entra/stand-in.ts';
import { axeFindings, overflowOf } from './support/chromium.ts';
import { composeMail } from './support/mail.ts';
import { describeNeeding } from './support/requirements.ts';
import { rowsOfTable } from './support/tables.ts';
import { accepted, eventsOf, startWorld, type World } from './support/world.ts';

const devices = {
  telephone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 3, isMobile: true, hasTouch: true },
  desktop: { viewport: { width: 1280, height: 800 } },
};
const wordsOf = {
  'en-US': {
    tag: 'en',
    connect: 'Connect your mailbox',
    button: 'Continue to Microsoft',
    connected: 'Your mailbox is connected',
    declined: 'Nothing was connected',
    again: 'Start again',
    wrong: 'This is a different account',
    spent: 'This link has been used',
    expired: 'This link has expired',
    foreign: 'This sign-in cannot be continued here',
  },
  'zh-CN': {
    tag: 'zh-Hans',
    connect: '连接您的邮箱',
    button: '前往 Microsoft 登录',
    connected: '您的邮箱已连接',
    declined: '未连接任何邮箱',
    again: '重新开始',
    wrong: '登录的是另一个帐户',
    spent: '此链接已被使用',
    expired: '此链接已过期',
    foreign: '无法在此继续登录',
  },
};
type Locale = keyof typeof wordsOf;
const looks = (Object.keys(devices) as (keyof typeof devices)[]).flatMap((device) =>
  (Object.keys(wordsOf) as Locale[]).map((locale) => ({ device, locale })),
);

const person = (index: number): DemoUser => ({
  address: `person-${index}@contoso.example`,
  name: `Person ${index}`,
  oid: `4a1de000-0000-4000-8000-${String(300 + index).padStart(12, '0')}`,
});
const people = Array.from({ length: looks.length + 3 }, (_, index) => person(index));

describeNeeding('chromium', 'in a real browser', () => {
  let world: World;
  let browser: Browser;
  let context: BrowserContext;
  let tab: Page;
  /** Every answer since the context was opened, and every complaint of the browser. */
  let answers: Response[];
  let complaints: string[];

  beforeAll(async () => {
    [world, browser] = await Promise.all([startWorld({ users: [...demoUsers, ...people] }), launchChromium()]);
  });
  afterAll(async () => {
    await browser?.close();
    await world?.stop();
  });

  const open = async (options: Parameters<Browser['newContext']>[0] = {}): Promise<void> => {
    // Certificates are looked at as they are in the person's browser: a warning would end the way.
    context = await browser.newContext({ ignoreHTTPSErrors: false, ...options });
    tab = await context.newPage();
    answers = [];
    complaints = [];
    context.on('response', (answer) => answers.push(answer));
    context.on('requestfailed', (request) => complaints.push(`${request.url()}: ${request.failure()?.errorText}`));
    tab.on('console', (message) => {
      // Chromium reports each page with a status of 400 and more; those pages are meant to have one.
      if (!message.text().startsWith('Failed to load resource')) complaints.push(message.text());
    });
    tab.on('pageerror', (error) => complaints.push(error.message));
  };

  // In every case: only we and Microsoft got requests, and the browser had no complaint.
  afterEach(async () => {
    const ours = new URL(world.url).origin;
    const origins = new Set(answers.map((answer) => new URL(answer.url()).origin));
    for (const origin of origins)
      expect([ours, world.standIns.entra.pageUrl, world.standIns.nocobase.url]).toContain(origin);
    expect(complaints).toEqual([]);
    for (const answer of answers) {
      if (!answer.url().startsWith(`${ours}/api/`)) continue;
      for (const { name, value } of await answer.headersArray()) {
        if (name.toLowerCase() !== 'set-cookie') continue;
        expect(value).toMatch(/^__Host-nmb-[0-9a-f]{8}=/);
        const attributes = value.toLowerCase().split(/; */).slice(1);
        expect(attributes).toEqual(
          expect.arrayContaining(['secure', 'httponly', 'path=/', 'samesite=lax', 'max-age=86400']),
        );
        expect(attributes.join()).not.toContain('domain');
      }
    }
    await context.close();
  });

  const link = async (body: Record<string, unknown>): Promise<string> =>
    (await world.api('POST', 'connect-links', { body })).body.url;
  const heading = () => tab.locator('h1').innerText();
  const account = (address: string) => tab.locator(`button[value="${address}"]`);

  /** What holds on every page, ours and Microsoft's. */
  const expectGoodPage = async (): Promise<void> => {
    for (const details of await tab.locator('summary').all()) await details.click();
    for (const colorScheme of ['light', 'dark'] as const) {
      await tab.emulateMedia({ colorScheme });
      expect(await axeFindings(tab), `${colorScheme}: ${await heading()}`).toEqual([]);
    }
    expect(await overflowOf(tab)).toBe(0);
  };

  describe.each(looks)('on a $device in $locale', ({ device, locale }) => {
    const words = wordsOf[locale];
    const index = looks.findIndex((look) => look.device === device && look.locale === locale);
    const owner = person(index);
    const stranger = person(looks.length);
    const start = () => open({ ...devices[device], locale });

    it('the link leads over every page to a connected mailbox, through a refusal and a wrong account', async () => {
      await start();
      const url = await link({ expectedAddress: owner.address, label: 'Contoso Sales' });

      await tab.goto(url);
      expect(await heading()).toBe(words.connect);
      expect(await tab.locator('html').getAttribute('lang')).toBe(words.tag);
      expect(await tab.locator('main').innerText()).toContain(owner.address);
      expect(await tab.locator('main').innerText()).toContain('Contoso Sales');
      expect(await tab.locator('main').innerText()).toContain(new URL(world.services.stack.nocobase).origin);
      await expectGoodPage();

      await tab.getByRole('button', { name: words.button }).click();
      expect(new URL(tab.url()).origin).toBe(world.standIns.entra.pageUrl);
      expect(await tab.locator('#account').inputValue()).toBe(owner.address);
      await expectGoodPage();

      await tab.getByRole('button', { name: 'Decline' }).click();
      expect(await heading()).toBe(words.declined);
      expect(new URL(tab.url()).origin).toBe(new URL(world.url).origin);
      await expectGoodPage();

      await tab.getByRole('button', { name: words.again }).click();
      await account(stranger.address).click();
      expect(await heading()).toBe(words.wrong);
      const text = await tab.locator('main').innerText();
      expect(text).toContain(owner.address);
      expect(text).toContain(stranger.address);
      await expectGoodPage();

      await tab.getByRole('button', { name: words.again }).click();
      await account(owner.address).click();
      expect(await heading()).toBe(words.connected);
      expect(await tab.locator('main').innerText()).toContain(owner.address);
      await expectGoodPage();

      // The last page again, and the link again.
      await tab.reload();
      expect(await heading()).toBe(words.connected);
      await tab.goto(url);
      expect(await heading()).toBe(words.spent);
      await expectGoodPage();

      const found = await world.api('GET', `mailboxes?address=${owner.address}`);
      expect(found.body.items).toMatchObject([{ address: owner.address, label: 'Contoso Sales' }]);
    }, 120_000);

    it('a link that has expired, and a sign-in of another browser, say so', async () => {
      await start();
      const url = await link({ anyAddress: true });
      await tab.goto(url);
      await tab.getByRole('button', { name: words.button }).click();
      // As if the link of the callback were opened elsewhere: Microsoft knows the person, we do not know the browser.
      await context.clearCookies({ name: /^__Host-/ });
      await account(owner.address).click();
      expect(await heading()).toBe(words.foreign);
      await expectGoodPage();

      for (const row of await rowsOfTable(world.store, 'tickets')) {
        const values = { ...row.values, expiresAt: new Date(Date.now() - 1000) };
        await world.store.table('tickets').replace({ ...row, values }, row.etag);
      }
      await tab.goto(url);
      expect(await heading()).toBe(words.expired);
      await expectGoodPage();
    });
  });

  it('the keyboard alone is enough, and shows where one is', async () => {
    const owner = person(looks.length + 1);
    await open({ ...devices.desktop, locale: 'en-US' });
    /** Presses Tab until the element is in focus, as someone does who cannot use a mouse. */
    const reach = async (selector: string): Promise<void> => {
      for (let step = 0; step < 40; step += 1) {
        await tab.keyboard.press('Tab');
        if (!(await tab.locator(`${selector}:focus`).count())) continue;
        const width = await tab.evaluate('getComputedStyle(document.activeElement).outlineWidth');
        expect(Number.parseInt(String(width), 10)).toBeGreaterThan(0);
        return;
      }
      throw new Error(`${selector} is not reached by Tab`);
    };
    await tab.goto(await link({ expectedAddress: owner.address }));
    await reach('button[type=submit]');
    await tab.keyboard.press('Enter');
    await tab.waitForURL(`${world.standIns.entra.pageUrl}/**`);
    await reach(`button[value="${owner.address}"]`);
    await tab.keyboard.press('Enter');
    await tab.waitForURL(`${world.url}/oauth/callback**`);
    expect(await heading()).toBe('Your mailbox is connected');
  });

  it('works without scripts, and leaves a cookie that no script can read', async () => {
    const owner = person(looks.length + 2);
    await open({ ...devices.desktop, locale: 'en-US', javaScriptEnabled: false });
    await tab.goto(await link({ expectedAddress: owner.address }));
    expect(await context.cookies()).toEqual([]);
    await tab.getByRole('button', { name: 'Continue to Microsoft' }).click();
    const [cookie, ...others] = (await context.cookies()).filter(({ name }) => name.startsWith('__Host-'));
    expect(others).toEqual([]);
    expect(cookie).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Lax', path: '/', domain: 'localhost' });
    const lifeSeconds = (cookie?.expires ?? 0) - Date.now() / 1000;
    // Longer than the ten minutes of the sign-in, so that a late return is still recognised.
    expect(lifeSeconds).toBeGreaterThan(86_340);
    expect(lifeSeconds).toBeLessThanOrEqual(86_400);
    await account(owner.address).click();
    expect(await heading()).toBe('Your mailbox is connected');
  });

  it('what arrived is shown at the NocoBase stand-in, hostile mail included', async () => {
    const hostile = '"><script>alert(1)</script><img src=http://evil.example/x.png>';
    const { mailboxId } = await world.connect(demoUsers[0]?.address ?? '');
    await world.standIns.imap.deliver(
      demoUsers[0]?.address ?? '',
      await composeMail({
        from: { name: hostile, address: 'wang.wei@litware.example' },
        to: demoUsers[0]?.address ?? '',
        subject: `回复：交货时间 ${hostile}`,
        html: `<p>您好 ${hostile}</p>`,
        attachments: [{ filename: `${hostile}.pdf`, content: 'x' }],
      }),
    );
    await eventsOf(world, 1, accepted('message.received'));
    for (const device of Object.values(devices)) {
      await open(device);
      await tab.goto(world.standIns.nocobase.url);
      expect(await tab.locator('article h3').innerText()).toContain('回复：交货时间');
      expect(await tab.locator('article').innerText()).toContain('signature verified');
      await tab.locator('summary').click();
      expect(await tab.locator('pre').innerText()).toContain(mailboxId);
      expect(await axeFindings(tab)).toEqual([]);
      expect(await overflowOf(tab)).toBe(0);
      if (device === devices.telephone) await context.close();
    }
  });

  it('its policy allows no script and no frame, and a form on another site does not press its button', async () => {
    await open({ ...devices.desktop, locale: 'en-US' });
    const url = await link({ anyAddress: true });
    const answer = await tab.goto(url);
    const policy = (await answer?.headerValue('content-security-policy')) ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|script-src|\*/);

    // A page of another site, and localhost on another port is one, posts the form that ours would post.
    const token = new URL(url).searchParams.get('token');
    await tab.route(`${world.standIns.entra.pageUrl}/elsewhere`, (route) =>
      route.fulfill({
        contentType: 'text/html',
        body: `<form method="post" action="${world.url}/connect"><input name="token" value="${token}"><button>Win</button></form>`,
      }),
    );
    await tab.goto(`${world.standIns.entra.pageUrl}/elsewhere`);
    const states = (await rowsOfTable(world.store, 'states')).length;
    await tab.getByRole('button').click();
    expect(tab.url()).toBe(`${world.url}/connect`);
    expect(answers.at(-1)?.status()).toBe(403);
    expect(await rowsOfTable(world.store, 'states')).toHaveLength(states);
  });

  it('shows the whole interface as a page, calls it with a key that is typed in, and asks nobody else for anything', async () => {
    await open({ ...devices.desktop, locale: 'en-US' });
    const answer = await tab.goto(`${world.url}/docs`);
    expect(await answer?.headerValue('content-security-policy')).not.toMatch(/unsafe|\*|https?:/);
    await tab.locator('.opblock').first().waitFor();
    const shown = await tab.locator('.opblock').count();
    const { body: document } = await world.api('GET', 'openapi.json');
    const methods = Object.values<object>(document.paths).flatMap((each) => Object.keys(each));
    expect(shown).toBe(methods.length);
    expect(await tab.locator('.info .title').innerText()).toContain('NocoBase Mail Broker');

    await tab.getByRole('button', { name: 'Authorize' }).click();
    await tab.locator('.auth-container input').fill(world.services.stack.adminKey);
    await tab.locator('.auth-container').getByRole('button', { name: 'Apply credentials' }).click();
    await tab.locator('.btn-done').click();
    const mailboxes = tab.locator('.opblock', { has: tab.locator('[data-path="/mailboxes"]') }).first();
    await mailboxes.locator('.opblock-summary-control').click();
    await mailboxes.getByRole('button', { name: 'Try it out' }).click();
    await mailboxes.getByRole('button', { name: 'Execute' }).click();
    await mailboxes.locator('.live-responses-table .response-col_status').first().waitFor();
    expect(answers.at(-1)?.url()).toContain(`${world.url}/mailboxes`);
    expect(answers.at(-1)?.status()).toBe(200);
  });
});

import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../local/demo/chromium.ts';
import { demoTenant, demoUsers } from '../local/demo/demo-users.ts';
import type { DemoUser } from '../local/entra/stand-in.ts';
import { adminRole } from '../src/lib/domain/admin-role.ts';
import { actionNames, dashboardForm } from '../src/lib/http/requests/dashboard.ts';
import { axeFindings, overflowOf } from './support/chromium.ts';
import { describeNeeding } from './support/requirements.ts';
import { rowsOfTable } from './support/tables.ts';
import { startWorld, type World } from './support/world.ts';

const ada = 'ada@contoso.example';

/** Both were given the role: one by her own organisation, one as a guest of ours. */
const stranger: DemoUser = {
  address: 'mallory@fabrikam.example',
  name: 'Mallory of Fabrikam',
  oid: 'aaaaaaaa-0000-4000-8000-000000000001',
  tid: 'aaaaaaaa-0000-4000-8000-00000000ffff',
  roles: [adminRole.value],
};
const guest: DemoUser = {
  address: 'guest@contoso.example',
  name: 'Guest of Contoso',
  oid: 'aaaaaaaa-0000-4000-8000-000000000002',
  home: { uid: 'aaaaaaaa-0000-4000-8000-000000000003', utid: 'aaaaaaaa-0000-4000-8000-00000000ffff' },
  roles: [adminRole.value],
};

describe('the forms of the dashboard', () => {
  it('take every action that there is', () => {
    for (const action of actionNames) {
      expect(dashboardForm.safeParse({ action, id: 'x', form: 'y' }).success, action).toBe(true);
    }
  });
});

describeNeeding('chromium', 'the dashboard in a real browser', () => {
  let world: World;
  let browser: Browser;
  let context: BrowserContext;
  let tab: Page;
  let mailboxId: string;

  beforeAll(async () => {
    [world, browser] = await Promise.all([startWorld({ users: [...demoUsers, stranger, guest] }), launchChromium()]);
    ({ mailboxId } = await world.connect(ada));
    context = await browser.newContext();
    tab = await context.newPage();
  });
  afterAll(async () => {
    await browser?.close();
    await world?.stop();
  });

  const url = () => `${world.url}/dashboard`;
  const signIn = async (in_: Page, address: string) => {
    await in_.goto(url());
    await in_.locator('button.act').click();
    await in_.locator(`button[value="${address}"]`).click();
  };
  const main = () => tab.locator('main').innerText();

  it('shows only the sign-in to a visitor who is not signed in', async () => {
    await tab.goto(url());
    expect(await tab.locator('h1').innerText()).toBe('Manage the mail broker');
    expect(await tab.content()).not.toContain(ada);
    expect(await axeFindings(tab)).toEqual([]);
  });

  it('opens for the person who has the role, asks Microsoft for no more than who she is, and keeps nothing', async () => {
    const asked: string[] = [];
    context.on('request', (request) => {
      const scope = new URL(request.url()).searchParams.get('scope');
      if (request.url().includes('/authorize') && scope !== null) asked.push(scope);
    });
    const grants = await rowsOfTable(world.store, 'grants');
    await signIn(tab, ada);
    expect(await tab.locator('h1').innerText()).toBe('Mail broker');
    expect(await main()).toContain(ada);
    expect(asked).toEqual(['openid profile']);
    expect((await rowsOfTable(world.store, 'grants')).length).toBe(grants.length);
    const cookies = await context.cookies(url());
    expect(cookies.find(({ name }) => name === '__Host-nmb-dashboard')).toMatchObject({
      httpOnly: true,
      secure: true,
      sameSite: 'Lax',
    });
  });

  it('refuses a person without the role, and says who can give it', async () => {
    const other = await browser.newContext();
    const theirs = await other.newPage();
    await signIn(theirs, 'grace@contoso.example');
    expect(await theirs.locator('main').innerText()).toContain('does not have the role Broker.Admin');
    expect(await theirs.content()).not.toContain(mailboxId);
    await theirs.goto(url());
    expect(await theirs.locator('h1').innerText()).toBe('Manage the mail broker');
    await other.close();
  });

  it.each([
    ['en', 'The account is a guest in the organisation that looks after this broker.'],
    ['zh-CN', '该帐户是管理此代理的组织中的来宾。'],
  ])('refuses a guest who has the role, and says so (%s)', async (locale, sentence) => {
    const other = await browser.newContext({ locale });
    const theirs = await other.newPage();
    await signIn(theirs, guest.address);
    expect(await theirs.locator('main').innerText()).toContain(sentence);
    expect(await theirs.content()).not.toContain(mailboxId);
    expect((await other.cookies(url())).map(({ name }) => name)).not.toContain('__Host-nmb-dashboard');
    expect(await axeFindings(theirs)).toEqual([]);
    await other.close();
  });

  it.each([
    ['en', 'The account does not belong to the organisation that the broker is set up for.'],
    ['zh-CN', '该帐户不属于代理所设置的组织'],
  ])('refuses a person of another tenant who has the role there, and says so (%s)', async (locale, sentence) => {
    const other = await browser.newContext({ locale });
    const theirs = await other.newPage();
    await theirs.goto(url());
    const [begun] = await Promise.all([theirs.waitForRequest(/\/authorize\?/), theirs.locator('button.act').click()]);
    // Microsoft's page lets in people of the one tenant; she asks for that of another one. Her code is refused then; had
    // it been redeemed, the tenant in the id token would count (src/lib/entra/role-sign-in.test.ts).
    const asked = new URL(begun.url());
    expect(asked.pathname).toContain(`/${demoTenant}/`);
    asked.pathname = asked.pathname.replace(demoTenant, 'organizations');
    await theirs.goto(asked.href);
    await theirs.locator(`button[value="${stranger.address}"]`).click();
    expect(await theirs.locator('main').innerText()).toContain(sentence);
    expect(await theirs.content()).not.toContain(mailboxId);
    expect((await other.cookies(url())).map(({ name }) => name)).not.toContain('__Host-nmb-dashboard');
    await other.close();
  });

  it('asks before a change, does it once, and notes who did', async () => {
    await tab.goto(url());
    await tab.getByRole('row', { name: ada }).getByRole('button', { name: 'Pause' }).click();
    expect(await main()).toContain(`Pause ${ada}?`);
    expect((await world.api('GET', `mailboxes/${mailboxId}`)).body.paused).toBe(false);
    await tab.getByRole('button', { name: 'Yes' }).click();
    expect(await main()).toContain('Done.');
    expect((await world.api('GET', `mailboxes/${mailboxId}`)).body.paused).toBe(true);
    const oid = demoUsers[0]?.oid;
    const noted = (await rowsOfTable(world.store, 'audit')).map(({ values }) => values);
    expect(noted).toContainEqual(
      expect.objectContaining({ actor: `admin ${oid}`, action: 'mailbox.change', mailboxId, result: 'ok' }),
    );
    await tab.getByRole('row', { name: ada }).getByRole('button', { name: 'Resume' }).click();
    await tab.getByRole('button', { name: 'Yes' }).click();
    expect((await world.api('GET', `mailboxes/${mailboxId}`)).body.paused).toBe(false);
  });

  it('tells what did not work, and why', async () => {
    world.standIns.nocobase.mode({ status: 503 });
    try {
      await tab.goto(url());
      await tab.getByRole('button', { name: 'Send a test' }).click();
      await tab.getByRole('button', { name: 'Yes' }).click();
      expect(await tab.locator('.notice').innerText()).toContain('That failed');
    } finally {
      world.standIns.nocobase.mode({});
    }
  });

  it('shows what waits to be sent', async () => {
    const mail = { to: ['grace@contoso.example'], subject: 'Later', text: 'Hello' };
    const sendAt = new Date(Date.now() + 3_600_000).toISOString();
    const sent = await world.api('POST', `mailboxes/${mailboxId}/send`, { body: { ...mail, sendAt } });
    expect(sent.status).toBe(202);
    await tab.goto(url());
    const section = tab.locator('section', { has: tab.getByRole('heading', { name: 'Outgoing mail' }) });
    expect(await section.getByRole('row', { name: ada }).innerText()).toContain(sendAt.slice(0, 16).replace('T', ' '));
  });

  it('runs the doctor on request', async () => {
    await tab.goto(url());
    await tab.getByRole('link', { name: 'Run the doctor' }).click();
    expect(await main()).toContain('The root key is present and usable.');
  });

  it.each([
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['nobody who says where from', {}],
  ])('takes no form from %s', async (_, headers) => {
    const cookie = (await context.cookies(url())).map(({ name, value }) => `${name}=${value}`).join('; ');
    const form = await tab.locator('input[name=form]').first().inputValue();
    const body = new URLSearchParams({ action: 'mailbox-pause', id: mailboxId, form, confirmed: 'yes' });
    const answer = await fetch(url(), { method: 'POST', headers: { cookie, ...headers }, body, redirect: 'manual' });
    expect(answer.status).toBe(403);
    expect((await world.api('GET', `mailboxes/${mailboxId}`)).body.paused).toBe(false);
  });

  it('takes no form without the token of the session, and none without a session', async () => {
    const cookie = (await context.cookies(url())).map(({ name, value }) => `${name}=${value}`).join('; ');
    const post = (headers: Record<string, string>, form: string) =>
      fetch(url(), {
        method: 'POST',
        headers: { 'sec-fetch-site': 'same-origin', ...headers },
        body: new URLSearchParams({ action: 'mailbox-pause', id: mailboxId, form, confirmed: 'yes' }),
        redirect: 'manual',
      });
    expect((await post({ cookie }, 'guess')).status).toBe(403);
    const unsigned = await post({}, 'guess');
    expect(await unsigned.text()).toContain('Manage the mail broker');
    expect((await world.api('GET', `mailboxes/${mailboxId}`)).body.paused).toBe(false);
  });

  it.each([
    ['a telephone', 'en-US', { width: 390, height: 844 }, 'Mailboxes'],
    ['a telephone', 'zh-CN', { width: 390, height: 844 }, '邮箱'],
    ['a desktop', 'en-US', { width: 1280, height: 800 }, 'Mailboxes'],
    ['a desktop', 'zh-CN', { width: 1280, height: 800 }, '邮箱'],
  ])('is good on %s in %s, light and dark', async (_, locale, viewport, heading) => {
    const other = await browser.newContext({ locale, viewport });
    await other.addCookies(await context.cookies(url()));
    const page = await other.newPage();
    await page.goto(`${url()}?doctor=1`);
    expect(await page.locator('h2').allInnerTexts()).toContain(heading);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await axeFindings(page)).toEqual([]);
    }
    expect(await overflowOf(page)).toBe(0);
    await other.close();
  });

  it('spends nothing on a callback that another browser began, and does not take the one of a mailbox owner', async () => {
    const begun = await fetch(url(), {
      method: 'POST',
      headers: { 'sec-fetch-site': 'same-origin' },
      body: new URLSearchParams({ action: 'sign-in' }),
      redirect: 'manual',
    });
    const back = await world.standIns.entra.signInAs(ada, begun.headers.get('location') ?? '');
    expect(new URL(back).pathname).toBe('/api/dashboard/callback');
    const foreign = await fetch(back, { redirect: 'manual' });
    expect(foreign.status).toBe(400);
    expect(foreign.headers.getSetCookie().join()).not.toContain('nmb-dashboard');
    // The browser that began it may still finish.
    const cookie = begun.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    const elsewhere = await fetch(back.replace('/dashboard/callback', '/oauth/callback'), { headers: { cookie } });
    expect(await elsewhere.text()).not.toContain('nmb-dashboard');
    const own = await fetch(back, { headers: { cookie }, redirect: 'manual' });
    expect(own.status).toBe(303);
    expect(own.headers.getSetCookie().join()).toContain('__Host-nmb-dashboard=');
    const again = await fetch(back, { headers: { cookie }, redirect: 'manual' });
    expect(again.headers.getSetCookie().join()).not.toContain('nmb-dashboard');
  });

  it('lets go of the session on signing out', async () => {
    await tab.goto(url());
    await tab.getByRole('button', { name: 'Sign out' }).click();
    expect(await tab.locator('h1').innerText()).toBe('Manage the mail broker');
    expect((await context.cookies(url())).map(({ name }) => name)).not.toContain('__Host-nmb-dashboard');
  });
});

import type { Browser, BrowserContext, Page as Tab } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../../../local/demo/chromium.ts';
import { axeFindings, overflowOf } from '../../../test/support/chromium.ts';
import { describeNeeding } from '../../../test/support/requirements.ts';
import { errorTable } from '../error-codes.ts';
import { chineseErrors } from '../errors/zh/chinese.ts';
import { BrokerError } from '../errors.ts';
import { pickLanguage } from './language.ts';
import { errorPage, type PageContent, page, type SyncStart, wantsHtml } from './pages.ts';

const start = { action: 'http://localhost:7071/api/connect', token: 'TOKEN' };
const hostile = `"><script>alert(1)</script><img src=x onerror=alert(1)>'&\u202egpj.exe`;

const consentStart = { action: 'http://localhost:7071/api/tenant-consent', token: 'TOKEN' };
const adminLink = {
  url: `https://mail-broker.contoso.example/api/tenant-consent?token=${'x'.repeat(54)}`,
  expiresAt: new Date('2026-11-29T08:00:00Z'),
};

const pages: Record<string, PageContent> = {
  connect: {
    kind: 'connect',
    label: 'Contoso Sales',
    address: 'ada@contoso.example',
    receiver: 'https://nocobase.contoso.example',
    syncStart: 'month',
    start,
  },
  'connect, any address, nobody named': {
    kind: 'connect',
    label: undefined,
    address: undefined,
    receiver: 'https://nocobase.contoso.example',
    syncStart: { since: new Date('2026-01-31T23:59:00Z') },
    start,
  },
  connected: {
    kind: 'connected',
    address: 'ada@contoso.example',
    receiver: 'https://nocobase.contoso.example',
    syncStart: 'month',
  },
  declined: { kind: 'failed', code: 'sign_in_declined', start },
  'wrong account': {
    kind: 'failed',
    code: 'wrong_account',
    addresses: { expected: 'ada@contoso.example', actual: 'bob@contoso.example' },
    start,
  },
  'address taken': {
    kind: 'failed',
    code: 'mailbox_taken',
    addresses: { expected: 'ada@contoso.example', actual: 'bob@contoso.example' },
    start,
  },
  'needs your admin': { kind: 'failed', code: 'admin_consent_required', start },
  'an account made anew': { kind: 'failed', code: 'account_recreated', start },
  'a name that is no address': { kind: 'failed', code: 'address_unknown', start },
  'blocked by the organisation': { kind: 'failed', code: 'device_not_managed', number: 53000, start },
  'needs your admin, with a link to pass on': { kind: 'failed', code: 'admin_consent_required', start, adminLink },
  'declined, perhaps for want of an administrator': { kind: 'failed', code: 'sign_in_declined', start, adminLink },
  'needs your admin, on the way back': {
    kind: 'failed',
    code: 'admin_consent_required',
    start,
    adminLink,
    back: 'https://nocobase.example/admin?tab=mail&status=failed&code=admin_consent_required',
  },
  'asks an administrator': {
    kind: 'admin-consent',
    label: 'Contoso Sales',
    tenant: '4a1de000-0000-4000-8000-00000000c0de',
    permissions: 'delegated',
    start: consentStart,
  },
  'asks an administrator, for the app': {
    kind: 'admin-consent',
    label: undefined,
    tenant: undefined,
    permissions: 'app',
    start: consentStart,
  },
  'an administrator consented': { kind: 'consented', permissions: 'delegated' },
  'an administrator consented, for the app': { kind: 'consented', permissions: 'app' },
  'an administrator declined': {
    kind: 'failed',
    code: 'sign_in_declined',
    about: 'admin-consent',
    start: consentStart,
  },
  'Microsoft refused an administrator': {
    kind: 'failed',
    code: 'app_permissions_broken',
    about: 'admin-consent',
    start: consentStart,
  },
  'link of an administrator spent': { kind: 'failed', code: 'link_spent', about: 'admin-consent' },
  'an administrator starts again': {
    kind: 'failed',
    code: 'sign_in_restart',
    about: 'admin-consent',
    start: consentStart,
  },
  'link invalid': { kind: 'failed', code: 'link_invalid' },
  'link expired': { kind: 'failed', code: 'link_expired' },
  'link spent': { kind: 'failed', code: 'link_spent' },
  'start again': { kind: 'failed', code: 'sign_in_restart', start },
  'another browser': { kind: 'failed', code: 'sign_in_foreign' },
  'not connected': { kind: 'failed', code: 'scope_missing_imap', start },
  'our fault': { kind: 'failed', code: 'storage_unreachable' },
};
const everyPage = Object.entries(pages);

const draw = (content: PageContent, acceptLanguage = 'en') => page(content, { acceptLanguage, requestId: 'req-1' });
const textOf = async (content: PageContent, acceptLanguage?: string) =>
  String((await draw(content, acceptLanguage)).body);

describe('a page', () => {
  it.each(everyPage)(
    'a page that tells "%s" has its language, a title, one heading and no resource',
    async (_name, content) => {
      for (const language of ['en', 'zh-CN']) {
        const text = await textOf(content, language);
        expect(text).toMatch(language === 'en' ? /<html lang="en">/ : /<html lang="zh-Hans">/);
        expect(text).toMatch(/<title>[^<]{5,}<\/title>/);
        expect(text.match(/<h1/g)).toHaveLength(1);
        expect(text).not.toMatch(/<(script|link|img|iframe|object)|@import|url\(|\son\w+=/i);
        expect(Buffer.byteLength(text)).toBeLessThan(8192);
      }
    },
  );

  it.each(everyPage)('a page that tells "%s" says it in Chinese throughout', async (_name, content) => {
    const chinese = (await textOf(content, 'zh')).split('<main>')[1] ?? '';
    // Three words in a row, without the names that stand in any language.
    expect(chinese.replaceAll('Contoso Sales', '').match(/>[^<]*([A-Za-z]+ ){2}[A-Za-z]+[^<]*</g)).toBeNull();
    expect(chinese).toMatch(/[\u4e00-\u9fff]{6,}/);
  });

  it('forbids scripts, frames and referrers to elsewhere', async () => {
    const { headers } = await draw(pages.connected as PageContent);
    expect(headers['Content-Security-Policy']).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'/,
    );
    expect(headers['Content-Security-Policy']).toContain("frame-ancestors 'none'");
    expect(headers['Content-Security-Policy']).not.toMatch(/unsafe|\*|script-src/);
    expect(headers['Referrer-Policy']).toBe('same-origin');
    expect(headers['Cache-Control']).toBe('no-store');
  });

  it.each(everyPage)('a page that tells "%s" has form-action only where it has no form', async (_name, content) => {
    const drawn = await draw(content);
    const hasForm = String(drawn.body).includes('<form');
    expect(drawn.headers['Content-Security-Policy']?.includes("form-action 'none'")).toBe(!hasForm);
  });

  it('escapes whatever it is given, and drops what turns the direction of text', async () => {
    const everything: PageContent[] = [
      {
        kind: 'connect',
        label: hostile,
        address: hostile,
        receiver: hostile,
        syncStart: 'now',
        start: { action: hostile, token: hostile },
      },
      { kind: 'connected', address: hostile, receiver: hostile, syncStart: 'now' },
      { kind: 'failed', code: 'wrong_account', addresses: { expected: hostile, actual: hostile }, start },
      { kind: 'admin-consent', label: hostile, tenant: hostile, permissions: 'app', start },
      { kind: 'failed', code: 'admin_consent_required', adminLink: { ...adminLink, url: hostile } },
    ];
    for (const content of everything) {
      const text = await textOf(content);
      expect(text).not.toMatch(/<script|<img|\u202e/);
      expect(text).toContain('&quot;&gt;&lt;script&gt;');
    }
    expect(
      String((await page(pages['our fault'] as PageContent, { acceptLanguage: hostile, requestId: hostile })).body),
    ).not.toMatch(/<script/);
  });

  it.each<[SyncStart, string, string]>([
    ['month', 'New mail, and the mail of the past month', '新邮件，以及最近一个月的邮件'],
    ['now', 'New mail only', '仅新邮件'],
    ['resumed', 'New mail, from where it stopped', '新邮件，从上次停止处继续'],
    [{ since: new Date('2026-01-31T23:59:00Z') }, 'the mail since January 31, 2026', '自 2026年1月31日 以来的邮件'],
  ])('says before and after how far back mail goes: %j', async (syncStart, english, chinese) => {
    const receiver = 'https://nocobase.example';
    for (const content of [
      { kind: 'connect', label: undefined, address: 'ada@contoso.example', receiver, syncStart, start },
      { kind: 'connected', address: 'ada@contoso.example', receiver, syncStart },
    ] satisfies PageContent[]) {
      expect((await page(content, { acceptLanguage: 'en', requestId: 'r' })).body).toContain(english);
      expect((await page(content, { acceptLanguage: 'zh', requestId: 'r' })).body).toContain(chinese);
    }
  });

  it('has the status of what it tells', async () => {
    for (const [, content] of everyPage) {
      expect((await draw(content)).status).toBe(content.kind === 'failed' ? errorTable[content.code].status : 200);
    }
  });

  it('names the code and the request where an administrator needs them, and says the rest in Chinese, too', async () => {
    const text = await textOf(pages['needs your admin'] as PageContent, 'zh');
    expect(text).toContain('admin_consent_required');
    expect(text).toContain('req-1');
    expect(text).toContain(chineseErrors.admin_consent_required.remedy);
  });

  it('says when to come back', async () => {
    const answer = await errorPage(new BrokerError('entra_throttled', { retry: { afterMs: 30_000 } }), {
      acceptLanguage: null,
      requestId: 'r',
    });
    expect(new Headers(answer.headers).get('retry-after')).toBe('30');
  });

  it('gives a link to pass on as text to copy and as a mail to send, with the day on which it ends', async () => {
    const text = await textOf({ kind: 'failed', code: 'admin_consent_required', start, adminLink });
    expect(text).toContain(`<a href="${adminLink.url}">${adminLink.url}</a>`);
    const mail = /href="(mailto:[^"]*)"/.exec(text)?.[1]?.replaceAll('&amp;', '&') ?? '';
    expect(new URL(mail).searchParams.get('body')).toContain(adminLink.url);
    expect(text).toContain('November 29, 2026');
    expect(await textOf({ kind: 'failed', code: 'admin_consent_required', adminLink }, 'zh')).toContain(
      '2026年11月29日',
    );
  });

  it('says of a link for an administrator nothing that is true of mailboxes only', async () => {
    for (const [, content] of everyPage) {
      if (content.kind !== 'failed' || content.about === undefined) continue;
      expect(await textOf(content)).not.toMatch(/your mailbox|mailbox was connected/i);
    }
    const late: PageContent = { kind: 'failed', code: 'sign_in_restart', about: 'admin-consent' };
    expect(await textOf(late)).not.toContain('Start again');
  });

  it('never asks a person to start again without a button to do so', async () => {
    expect(await textOf({ kind: 'failed', code: 'sign_in_restart' })).not.toContain('Start again');
  });
});

describe('the language of a page', () => {
  it.each([
    [null, 'en'],
    ['', 'en'],
    ['zh', 'zh'],
    ['zh-CN,zh;q=0.9,en;q=0.8', 'zh'],
    ['en-US,en;q=0.9,zh;q=0.8', 'en'],
    ['de-DE,de;q=0.9', 'en'],
    ['de, zh-TW;q=0.3, en;q=0.2', 'zh'],
    ['en;q=0, zh;q=0.1', 'zh'],
    ['zh;q=x', 'en'],
    ['*', 'en'],
    ['ZH-hans', 'zh'],
    [`${'x,'.repeat(5000)}zh`, 'en'],
  ])('the language for %j is %s', (header, expected) => {
    expect(pickLanguage(header)).toBe(expected);
  });

  it('is asked for by browsers alone', () => {
    expect(wantsHtml('text/html,application/xhtml+xml,*/*;q=0.8')).toBe(true);
    expect(wantsHtml('*/*')).toBe(false);
    expect(wantsHtml(null)).toBe(false);
  });
});

describeNeeding('chromium', 'in a real browser', () => {
  let browser: Browser;
  let shared: Tab;
  beforeAll(async () => {
    browser = await launchChromium();
    shared = await (await browser.newContext()).newPage();
  });
  afterAll(() => browser?.close());

  /** Shows one page in a tab without any network. */
  async function show(tab: Tab, content: PageContent, language = 'en') {
    const drawn = await draw(content, language);
    await tab.unrouteAll();
    await tab.route('**/*', (route) =>
      route.request().url() === 'http://localhost:7071/api/page'
        ? route.fulfill({ status: 200, headers: drawn.headers, body: String(drawn.body) })
        : route.abort(),
    );
    await tab.goto('http://localhost:7071/api/page');
  }

  /** Shows it in a new context, and notes what the browser complains about. */
  async function open(content: PageContent, options: Parameters<Browser['newContext']>[0] = {}) {
    const context: BrowserContext = await browser.newContext(options);
    const tab = await context.newPage();
    const complaints: string[] = [];
    tab.on('console', (message) => complaints.push(message.text()));
    tab.on('requestfailed', (request) => {
      if (!request.url().endsWith('/favicon.ico')) complaints.push(request.url());
    });
    await show(tab, content);
    return { context, tab, complaints };
  }

  it.each(everyPage)(
    'axe finds nothing on "%s", light or dark, small or wide, in either language',
    async (_name, content) => {
      for (const language of ['en', 'zh']) {
        const tab = shared;
        // A tab that loads nothing keeps axe, which costs far more to load than to ask.
        await tab.setContent(String((await draw(content, language)).body));
        expect(await tab.locator('html').getAttribute('lang')).toMatch(new RegExp(`^${language}`));
        for (const details of await tab.locator('summary').all()) await details.click();
        for (const colorScheme of ['light', 'dark'] as const) {
          await tab.emulateMedia({ colorScheme });
          await tab.setViewportSize({
            width: (colorScheme === 'dark') === (language === 'en') ? 360 : 1280,
            height: 800,
          });
          expect(await axeFindings(tab)).toEqual([]);
          expect(await overflowOf(tab)).toBe(0);
        }
      }
    },
  );

  it('its own policy lets its style in and nothing else', async () => {
    const { context, tab, complaints } = await open(pages.connect as PageContent);
    expect(await tab.locator('button').evaluate((button: unknown) => Boolean(button))).toBe(true);
    const radius = await tab.evaluate('getComputedStyle(document.querySelector("button")).borderRadius');
    expect(radius).toBe('10px');
    expect(complaints).toEqual([]);
    await tab
      .evaluate('document.body.insertAdjacentHTML("beforeend", "<img src=x onerror=\'window.ran=1\'>")')
      .catch(() => {});
    await tab.waitForTimeout(100);
    expect(await tab.evaluate('window.ran')).toBeUndefined();
    expect(complaints.join(' ')).toContain('Content Security Policy');
    await context.close();
  });

  it('the button is reached by the keyboard, and one sees where one is', async () => {
    const { context, tab } = await open(pages.connect as PageContent);
    await tab.keyboard.press('Tab');
    const focused = await tab.evaluate(
      '({ tag: document.activeElement.tagName, outline: getComputedStyle(document.activeElement).outlineWidth })',
    );
    expect(focused).toEqual({ tag: 'BUTTON', outline: '3px' });
    await context.close();
  });

  it('a label of one endless word does not break the card', async () => {
    const long = 'W'.repeat(100);
    const content: PageContent = {
      kind: 'connect',
      label: long,
      address: `${long}@contoso.example`,
      receiver: `https://${'a'.repeat(60)}.example`,
      syncStart: 'resumed',
      start,
    };
    const { context, tab } = await open(content, { viewport: { width: 360, height: 700 } });
    expect(await overflowOf(tab)).toBe(0);
    await context.close();
  });
});

import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchChromium } from '../../local/demo/chromium.ts';
import { loadSanitizer } from '../../src/lib/delivery/sanitize/sanitize.ts';
import { htmlAttacks } from '../corpus/html-attacks.ts';
import { type Nocobase, startNocobase } from '../support/nocobase/nocobase.ts';
import { describeNeeding } from '../support/requirements.ts';

const collection = 'html_mails';
/** A space at the end of a line hangs out. */
const tolerancePx = 5;

/** Pixels by which a mail reaches out of the field, at the sides. Runs within the page. */
const farthestOut = `(() => {
  const field = document.querySelector('.nb-markdown');
  const at = field.getBoundingClientRect();
  const rects = [...field.querySelectorAll('*')].flatMap((element) => [...element.getClientRects()]);
  return Math.max(...rects.flatMap((rect) => [at.left - rect.left, rect.right - at.right]));
})()`;

const lastWords = 'The end of the mail';

/** The first part of this kind of a page of NocoBase, as its API returns it. */
function partOf(tree: unknown, use: string): Readonly<Record<string, unknown>> | undefined {
  if (typeof tree !== 'object' || tree === null) return undefined;
  if ('use' in tree && tree.use === use) return { ...tree };
  for (const branch of Object.values(tree)) {
    const found = partOf(branch, use);
    if (found !== undefined) return found;
  }
  return undefined;
}

describeNeeding('chromium', 'the HTML of a mail, in the HTML field of NocoBase', () => {
  let nocobase: Nocobase;
  let browser: Browser;
  let context: BrowserContext;
  let tab: Page;
  let address: string;
  /** What the page asked of NocoBase in the name of a mail, what ran, and what opened. */
  let asked: string[];
  let opened: string[];

  beforeAll(async () => {
    [nocobase, browser] = await Promise.all([startNocobase(), launchChromium()]);
    await nocobase.ask('collections:apply', {
      ...{ name: collection, title: 'Mail', template: 'general' },
      fields: [
        { name: 'subject', title: 'Subject', interface: 'input' },
        { name: 'html', title: 'HTML', interface: 'richText' },
      ],
    });
    // A page with the details of the newest record.
    const block = { key: 'mail', type: 'details', collection, fields: ['subject', 'html'] };
    const made = await nocobase.ask('flowSurfaces:applyBlueprint', {
      ...{ version: '1', mode: 'create' },
      navigation: { group: { title: 'Mail', icon: 'MailOutlined' }, item: { title: 'Mail', icon: 'MailOutlined' } },
      page: { title: 'Mail', displayTitle: true },
      tabs: [{ key: 'main', title: 'Mail', blocks: [{ ...block, fieldsLayout: { rows: [['subject', 'html']] } }] }],
    });
    // Shown as text unless someone sets this, in the field's own settings.
    const field = partOf(made, 'DisplayHtmlFieldModel');
    expect(field?.uid).toBeDefined();
    const settings = { htmlFieldSettings: { renderMode: { textOnly: false } } };
    await nocobase.ask('flowModels:save', { ...field, stepParams: { ...Object(field?.stepParams), ...settings } });
    address = `${nocobase.url}/v/admin/${made.data.target.pageSchemaUid}`;

    const token = await nocobase.signIn(nocobase.root.account, nocobase.root.password);
    context = await browser.newContext({ viewport: { width: 1_400, height: 1_000 } });
    await context.addInitScript(
      `localStorage.setItem('NOCOBASE_TOKEN', ${JSON.stringify(token)}); localStorage.setItem('NOCOBASE_AUTH', 'basic');
       window.ran = []; window.pwn = () => void window.ran.push('pwn');`,
    );
    await context.route(
      (url) => url.host !== nocobase.host,
      (route) => route.abort(),
    );
    tab = await context.newPage();
    context.on('request', (request) => {
      if (request.url().includes('canary')) asked.push(new URL(request.url()).pathname);
    });
    context.on('page', (other) => opened.push(other.url()));
    tab.on('dialog', (dialog) => {
      opened.push(dialog.message());
      void dialog.dismiss();
    });
  });
  afterAll(async () => {
    await browser?.close();
    await nocobase?.stop();
  });

  /** Stores a mail, and shows it as NocoBase does. */
  async function show(html: string): Promise<void> {
    [asked, opened] = [[], []];
    await nocobase.ask(`${collection}:create`, { subject: 'A mail', html: `${html}<p>${lastWords}</p>` });
    await tab.goto(address);
    await tab.getByText(lastWords).waitFor({ timeout: 120_000 });
    await tab.waitForLoadState('networkidle');
  }

  it('makes no requests, runs nothing, opens nothing and stays in its place', async () => {
    const sanitizer = await loadSanitizer();
    const mails = htmlAttacks.map(({ html }) => html.replaceAll('{own}', nocobase.host).replaceAll('{wide}', ''));
    await show(mails.map((html) => sanitizer.html(html, undefined, '127.0.0.1')).join('\n'));
    expect({ asked, opened, ran: await tab.evaluate('window.ran'), at: tab.url() }).toEqual({
      ...{ asked: [], opened: [], ran: [], at: address },
    });
    // It is shown, and not as text.
    expect(await tab.locator('.nb-markdown a[target="_blank"]').count()).toBeGreaterThan(10);
    expect(await tab.locator('.nb-markdown').getByText('<p').count()).toBe(0);
    expect(await tab.evaluate(farthestOut)).toBeLessThanOrEqual(tolerancePx);
  });

  it('would, if it were not sanitised: NocoBase itself lets such addresses through', async () => {
    await show('<img src="http:/canary-of-a-mail">');
    expect(asked).toEqual(['/canary-of-a-mail']);
  });
});

/**
 * `node local/demo/screenshots.ts`: takes the pictures of the README from the real thing. Brings up the local world, goes a
 * person's way in the system's Chromium, lets mail be delivered, and writes docs/images/*.png.
 *
 * Looks best with the fonts Inter and WenQuanYi Micro Hei, and makes small files with pngquant (Debian: fonts-inter,
 * fonts-wqy-microhei, pngquant); it does without them.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { startHost } from '../host/host.ts';
import { startServices } from '../services.ts';
import type { Services, StandIns } from '../world.ts';
import { createBrokerClient } from './broker-client.ts';
import { freshBundle } from './bundle-age.ts';
import { launchChromium } from './chromium.ts';
import { composeDemoMail, demoMessages } from './demo-mail.ts';
import { choosePort } from './port.ts';

const root = join(import.meta.dirname, '../..');
const images = join(root, 'docs/images');
const arrivalWithinMs = 60_000;

// Two pictures stand side by side in the README, so all have one shape.
const views = {
  connect: { width: 880, height: 660 },
  delivered: { width: 1080, height: 810 },
};

/** The fonts that people's systems have are not on a build machine; these are nearest. */
const fonts = `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>
<include ignore_missing="yes">/etc/fonts/fonts.conf</include>
${['system-ui', 'sans-serif']
  .map(
    (name) =>
      `<match target="pattern"><test name="family"><string>${name}</string></test><edit name="family" mode="prepend" binding="strong"><string>Inter</string><string>WenQuanYi Micro Hei</string></edit></match>`,
  )
  .join('\n')}
</fontconfig>`;

async function main(): Promise<void> {
  const stateDir = await mkdtemp(join(tmpdir(), 'screenshots-'));
  const ending: (() => Promise<unknown>)[] = [() => rm(stateDir, { recursive: true, force: true })];
  try {
    const bundle = await freshBundle(root);
    const port = await choosePort(0);
    const services = await startServices({ brokerPort: port, stateDir, pollIntervalSeconds: 2, demoMail: false });
    ending.push(() => services.stop());
    const host = await startHost({
      bundle,
      settings: services.settings,
      port,
      queueConnectionString: services.storageConnectionString,
      out: () => {},
    });
    ending.push(() => host.stop());
    const fontsFile = join(stateDir, 'fonts.conf');
    await writeFile(fontsFile, fonts);
    const browser = await launchChromium({ FONTCONFIG_FILE: fontsFile });
    ending.push(() => browser.close());
    await mkdir(images, { recursive: true });
    // First, because a link need not say where the mail goes as long as there is one destination.
    await deliveredPage(browser, services);
    await connectPages(browser, services);
  } finally {
    for (const end of ending.reverse()) await end();
  }
}

async function open(browser: Browser, view: keyof typeof views): Promise<Page> {
  const context = await browser.newContext({
    viewport: views[view],
    deviceScaleFactor: 2,
    colorScheme: 'light',
    locale: 'en-GB',
    timezoneId: 'UTC',
  });
  return context.newPage();
}

async function take(tab: Page, name: string): Promise<void> {
  const path = join(images, `${name}.png`);
  await tab.screenshot({ path, animations: 'disabled' });
  // 256 colours are enough for a page, and a third of the size.
  await promisify(execFile)('pngquant', ['--force', '--strip', '--output', path, path]).catch((error: unknown) => {
    console.warn(`Not made smaller by pngquant: ${error instanceof Error ? error.message : 'it failed'}`);
  });
  console.log(`${relative(process.cwd(), path)}  ${Math.round((await stat(path)).size / 1024)} KB`);
}

/** A mailbox owner's way. The page names a NocoBase as a company has one, not this machine. */
async function connectPages(browser: Browser, { stack, users }: Services): Promise<void> {
  const owner = users[1];
  if (owner === undefined) throw new Error('The local world has too few people.');
  const destination = await post(stack, 'destinations', {
    type: 'webhook',
    name: 'The NocoBase of the pictures',
    url: 'https://nocobase.contoso.example/api/webhook:trigger/mail',
  });
  const link = await post(stack, 'connect-links', {
    expectedAddress: owner.address,
    label: 'Contoso Sales',
    destinationId: destination.id,
  });
  const tab = await open(browser, 'connect');
  await tab.goto(link.url ?? '');
  await take(tab, 'connect');
  await tab.locator('button[type=submit]').click();
  await tab.locator(`button[value="${owner.address}"]`).click();
  await take(tab, 'connected');
  await tab.context().close();
}

async function post(
  stack: Services['stack'],
  path: string,
  body: object,
): Promise<{ readonly id?: string; readonly url?: string }> {
  const answer = await fetch(`${stack.broker}/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.adminKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`POST ${path} answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as { id?: string; url?: string };
}

/** What arrives at NocoBase, newest first, with one message open that has two alphabets and an attachment. */
async function deliveredPage(browser: Browser, services: Services): Promise<void> {
  const { stack, users } = services;
  const { entra, imap, nocobase } = services.standIns as StandIns;
  const owner = users[2];
  if (owner === undefined) throw new Error('The local world has too few people.');
  const client = createBrokerClient(stack.broker, stack.adminKey);
  await client.followLink(await client.connectLink(owner.address), owner.address, entra);
  const arrived = async (type: string, count: number): Promise<void> => {
    for (const end = Date.now() + arrivalWithinMs; nocobase.events({ type }).length < count; await delay(200)) {
      if (Date.now() > end) throw new Error(`${type} did not arrive at the NocoBase stand-in.`);
    }
  };
  await arrived('mailbox.connected', 1);
  const inbox = (await demoMessages(owner)).filter(({ drop }) => drop.folder === undefined);
  for (const { raw, drop } of inbox) await imap.deliver(owner.address, raw, drop);
  await imap.deliver(owner.address, await composeDemoMail({ to: owner }));
  await arrived('message.received', inbox.length + 1);
  const tab = await open(browser, 'delivered');
  await tab.goto(nocobase.url);
  await take(tab, 'delivered');
  await tab.context().close();
}

await main();

import type { RequestListener } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Browser, Page } from 'playwright-core';
import selfsigned from 'selfsigned';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchChromium } from '../local/demo/chromium.ts';
import { type Listener, listen } from '../local/listen.ts';
import { loadSanitizer, type Sanitizer } from '../src/lib/delivery/sanitize/sanitize.ts';
import { htmlAttacks } from './corpus/html-attacks.ts';
import { describeNeeding } from './support/requirements.ts';

/** An image that is far wider than its place. */
const wide = `data:image/bmp;base64,${wideBitmap(4_000, 40).toString('base64')}`;

const alone = (html: string): string => html;

/** Elements around an attack, which might change how a browser reads it, or how much room there is. */
const surroundings = [
  alone,
  (html: string): string => `<p>before ${html} after</p>`,
  (html: string): string => `<table><tr><td>${html}</td></tr></table>`,
] as const;

/** A space at the end of a line hangs out, and the letters of some fonts are a little higher than their line. */
const tolerancePx = 5;

interface Shown {
  readonly index: number;
  /** Pixels by which it reaches out of its box: left, top, right, bottom. */
  readonly out: readonly number[];
  /** Pictures of this page's own host, and links that are relative to it. */
  readonly own: readonly string[];
}

describeNeeding('chromium', 'the HTML of a mail, in a real browser', () => {
  let browser: Browser;
  let sanitizer: Sanitizer;
  let servers: Listener[];
  /** Requests to the site that shows the mail, besides the page itself. */
  let asked: string[];
  let page: string;

  beforeAll(async () => {
    asked = [];
    const answer: RequestListener = (request, response) => {
      if (request.url !== '/') asked.push(`${request.method} ${request.url}`);
      response.setHeader('Content-Type', 'text/html; charset=utf-8').end(request.url === '/' ? page : '');
    };
    const pem = await selfsigned.generate([{ name: 'commonName', value: 'localhost' }]);
    [browser, sanitizer, servers] = await Promise.all([
      launchChromium(),
      loadSanitizer(),
      Promise.all([
        listen(createHttpsServer({ key: pem.private, cert: pem.cert }, answer), 'NocoBase over https'),
        listen(createServer(answer), 'NocoBase over http'),
      ]),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    for (const server of servers ?? []) await server.stop();
  });

  /**
   * Opens a page of "NocoBase" that holds these, each in a box of its own, written into the page and set by a script.
   * @returns what came of them, of the scripts that ran, and of windows that opened
   */
  async function show(scheme: 'https' | 'http', mails: readonly ((host: string) => string)[]) {
    const server = servers[scheme === 'https' ? 0 : 1];
    const host = `127.0.0.1:${server?.port}`;
    const boxes = mails.map((mail, index) => `<section class="box" data-index="${index}">${mail(host)}</section>`);
    page = pageOf(boxes.join('\n'));
    asked.length = 0;
    const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1400, height: 900 } });
    const tab = await context.newPage();
    const opened: string[] = [];
    context.on('page', (other) => opened.push(other.url()));
    tab.on('dialog', (dialog) => {
      opened.push(dialog.message());
      void dialog.dismiss();
    });
    // Nothing leaves this machine; what is of another host is the internet, as far as a mail is concerned.
    await context.route(
      (url) => url.host !== host,
      (route) => route.abort(),
    );
    await tab.goto(`${scheme}://${host}/`, { waitUntil: 'load' });
    const shown = await look(tab);
    const state = {
      shown,
      opened,
      asked: [...asked],
      ran: await tab.evaluate('window.ran'),
      at: tab.url(),
      isWhole: await tab.evaluate(
        'document.querySelectorAll("section.box").length + "/" + document.body.lastElementChild.id',
      ),
    };
    await context.close();
    return state;
  }

  const cleaned = (host: string, html: string): string => {
    const filled = html.replaceAll('{own}', host).replaceAll('{wide}', wide);
    return sanitizer.html(filled, undefined, '127.0.0.1');
  };

  it.each([
    ['https' as const, htmlAttacks, surroundings],
    // Addresses alone depend on it.
    ['http' as const, htmlAttacks.filter(({ kind }) => kind === 'address'), [alone]],
  ])(
    'asks nothing of who shows it over %s, runs nothing, opens nothing and stays in its box',
    async (scheme, attacks, around) => {
      expect(attacks.length).toBeGreaterThan(94);
      const mails = attacks.flatMap(({ html }) => around.map((wrap) => (host: string) => cleaned(host, wrap(html))));
      const { shown, ...state } = await show(scheme, mails);
      const at = `${scheme}://127.0.0.1:${servers[scheme === 'https' ? 0 : 1]?.port}/`;
      expect(state).toEqual({ opened: [], asked: [], ran: [], at, isWhole: `${mails.length}/end` });
      const bad = shown
        .filter(({ out, own }) => own.length > 0 || out.some((px) => px > tolerancePx))
        .map(({ index, ...what }) => ({ ...what, html: mails[index]?.('own').slice(0, 300) }));
      expect(bad).toEqual([]);
    },
  );

  it('would be noticed if it did', async () => {
    const raw = [
      '<img src="https:/canary-image">',
      '<a href="https:canary">link</a>',
      '<img src=x: onerror="pwn()">',
      '<div style="margin-left:-400px">out</div>',
      '<div style="position:fixed;top:0;left:0">out</div>',
      '<div style="float:left;height:300px">out</div>',
      '<div style="width:5000px">out</div>',
      '<div style="background:url(/canary-style)">x</div>',
      '<iframe srcdoc="<script>parent.pwn()</script>"></iframe>',
    ];
    const { shown, ...state } = await show(
      'https',
      raw.map((html) => () => html),
    );
    expect([...new Set(state.asked)].toSorted()).toEqual(['GET /canary-image', 'GET /canary-style']);
    expect(state.ran).toEqual(expect.arrayContaining(['pwn']));
    const outside = shown.filter(({ out }) => out.some((px) => px > tolerancePx)).map(({ index }) => index);
    expect(outside).toEqual([3, 4, 5, 6]);
    expect(shown.filter(({ own }) => own.length > 0).map(({ index }) => index)).toEqual([0, 1]);
  });
});

/** A page as NocoBase shows records on: a box of a fixed width for each mail, and something around them. */
const pageOf = (boxes: string): string => `<!doctype html>
<html><head><meta charset="utf-8"><title>Mail</title><style>
body { margin: 0 0 0 500px; font: 14px sans-serif; }
.box { width: 640px; margin: 300px 0; }
</style>
<script>window.ran = []; window.pwn = () => void window.ran.push('pwn'); window.opener = null;</script>
</head><body>
${boxes}
<footer id="end">The end of the page</footer></body></html>`;

/** Moves over everything, and measures how far each mail reaches out of its box. Runs within the page. */
async function look(tab: Page): Promise<Shown[]> {
  const script = `(async () => {
    const boxes = [...document.querySelectorAll('section.box')];
    // The parsed result is parsed again, which changes the meaning of some markup.
    for (const box of boxes) { const html = box.innerHTML; box.innerHTML = html; }
    const images = boxes.flatMap((box) => [...box.querySelectorAll('img')]);
    await Promise.all(images.map((image) => image.complete || new Promise((done) => { image.onload = image.onerror = done; })));
    for (const element of boxes.flatMap((box) => [...box.querySelectorAll('*')])) {
      for (const type of ['pointerenter', 'mouseover', 'focus', 'animationstart', 'transitionend', 'toggle', 'load', 'error']) {
        element.dispatchEvent(new Event(type, { bubbles: false }));
      }
    }
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    return boxes.map((box) => {
      const at = box.getBoundingClientRect();
      const out = [0, 0, 0, 0];
      const note = (rect) => {
        if (rect.width === 0 || rect.height === 0) return;
        out[0] = Math.max(out[0], at.left - rect.left);
        out[1] = Math.max(out[1], at.top - rect.top);
        out[2] = Math.max(out[2], rect.right - at.right);
        out[3] = Math.max(out[3], rect.bottom - at.bottom);
      };
      const walk = document.createTreeWalker(box, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
      for (let node = walk.nextNode(); node !== null; node = walk.nextNode()) {
        if (node.nodeType === 1) { for (const rect of node.getClientRects()) note(rect); continue; }
        const range = document.createRange();
        range.selectNodeContents(node);
        for (const rect of range.getClientRects()) note(rect);
      }
      const pictures = [...box.querySelectorAll('[src]')].map((element) => element.src)
        .filter((address) => new URL(address, location.href).host === location.host);
      // A link may lead there, as one in a notice of NocoBase does, if it says so itself and someone presses it.
      const links = [...box.querySelectorAll('[href]')].map((element) => String(element.getAttribute('href')))
        .filter((address) => !/^(https?:\\/\\/|mailto:|tel:)/.test(address));
      const own = [...pictures, ...links];
      return { index: Number(box.dataset.index), out: out.map(Math.round), own };
    });
  })()`;
  return tab.evaluate(script);
}

/** A bitmap of one colour; of two colours, so that a byte holds eight pixels. */
function wideBitmap(width: number, height: number): Buffer {
  const row = Math.ceil(width / 32) * 4;
  const head = Buffer.alloc(62);
  head.write('BM', 0);
  head.writeUInt32LE(62 + row * height, 2);
  head.writeUInt32LE(62, 10);
  head.writeUInt32LE(40, 14);
  head.writeInt32LE(width, 18);
  head.writeInt32LE(height, 22);
  head.writeUInt16LE(1, 26);
  head.writeUInt16LE(1, 28);
  return Buffer.concat([head, Buffer.alloc(row * height, 255)]);
}

import type { HttpResponseInit } from '@azure/functions';
import { sha256 } from '../domain/bytes.ts';
import { errorTable } from '../error-codes.ts';
import { type ErrorTexts, errorTextsIn } from '../errors/texts.ts';
import type { BrokerError, ErrorCode } from '../errors.ts';
import { errorHeaders } from '../http/problem.ts';
import { pickLanguage } from './language.ts';
import { html, join, Markup, nothing } from './markup.ts';
import { type NoticeName, noticeFor, withoutDetails } from './notices.ts';
import { pageTexts } from './page-texts.ts';
import { pageStyle } from './style.ts';
import type { Notes, PageTexts } from './texts.ts';

/** The button that begins a link (again): a form, because opening a link must not change anything. */
export interface StartForm {
  /** Absolute address of POST connect. */
  readonly action: string;
  readonly token: string;
}

/** Which mail of a mailbox is passed on: new mail alone, that of the month before too, or since a day; or as before. */
export type SyncStart = 'now' | 'month' | 'resumed' | { readonly since: Date };

/** A link that the reader passes on to an administrator. */
export interface AdminLink {
  readonly url: string;
  readonly expiresAt: Date;
}

/** What a person is to see. Every value is text, and is escaped here. */
export type PageContent =
  | {
      readonly kind: 'connect';
      readonly label: string | undefined;
      /** Undefined where the link takes any mailbox. */
      readonly address: string | undefined;
      /** Origin of the NocoBase that receives the mail. */
      readonly receiver: string;
      readonly syncStart: SyncStart;
      readonly start: StartForm;
    }
  | {
      readonly kind: 'connected';
      readonly address: string;
      readonly receiver: string | undefined;
      /** Undefined where the link is gone that said it. */
      readonly syncStart: SyncStart | undefined;
    }
  | {
      readonly kind: 'admin-consent';
      readonly label: string | undefined;
      /** Undefined where the account that signs in decides. */
      readonly tenant: string | undefined;
      readonly permissions: 'delegated' | 'app';
      readonly start: StartForm;
    }
  | { readonly kind: 'consented'; readonly permissions: 'delegated' | 'app' }
  | {
      readonly kind: 'failed';
      readonly code: ErrorCode;
      /** AADSTS number, where Microsoft refused: it is what an administrator looks up. */
      readonly number?: number | undefined;
      /** What the link was for; connecting a mailbox unless it says otherwise. */
      readonly about?: 'admin-consent' | undefined;
      /** Where an account is not the one expected: the address of the link (or who holds the mailbox), and the person's. */
      readonly addresses?: { readonly expected: string; readonly actual: string } | undefined;
      /** Undefined where the link is not known or not good any more. */
      readonly start?: StartForm | undefined;
      /** Where an administrator has to act first, or may have to. */
      readonly adminLink?: AdminLink | undefined;
      /** Where the reader was to go afterwards, with the result; undefined where that is this page. */
      readonly back?: string | undefined;
    };

export interface PageOptions {
  readonly acceptLanguage: string | null;
  readonly requestId: string;
}

/** A page as an answer: no script, no resource from anywhere, nothing of the request in it as markup. */
export async function page(
  content: PageContent,
  options: PageOptions,
): Promise<HttpResponseInit & { readonly headers: Record<string, string> }> {
  const language = pickLanguage(options.acceptLanguage);
  const words: Words = { ...pageTexts[language], errors: await errorTextsIn(language) };
  const drawn = draw(content, words, options.requestId);
  return {
    status: content.kind === 'failed' ? errorTable[content.code].status : 200,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Language': pageTexts[language].tag,
      Vary: 'Accept-Language',
      'Content-Security-Policy': policy(drawn.hasForm),
      // `no-referrer` would make the form's own POST carry `Origin: null`.
      'Referrer-Policy': 'same-origin',
      'X-Frame-Options': 'DENY',
      'X-Robots-Tag': 'noindex',
      'Cache-Control': 'no-store',
    },
    body: whole(drawn, words),
  };
}

/** A failure as a page, with the headers (Retry-After) that go with it. */
export async function errorPage(
  error: BrokerError,
  options: PageOptions,
  about?: 'admin-consent',
): Promise<HttpResponseInit> {
  const drawn = await page({ kind: 'failed', code: error.code, about }, options);
  return { ...drawn, headers: { ...errorHeaders(error), ...drawn.headers } };
}

/** Whether a client asks for a page: a browser does, a program that takes anything does not. */
export const wantsHtml = (accept: string | null): boolean => (accept ?? '').toLowerCase().includes('text/html');

let styleHash: string | undefined;

/**
 * A page with a form has no `form-action`: even `'self'` stops the redirect to Microsoft that answers the POST, and its
 * further hops, because browsers apply it to redirects too.
 */
function policy(hasForm: boolean): string {
  styleHash ??= Buffer.from(sha256(pageStyle)).toString('base64');
  const rules = ["default-src 'none'", `style-src 'sha256-${styleHash}'`, "base-uri 'none'", "frame-ancestors 'none'"];
  if (!hasForm) rules.push("form-action 'none'");
  return rules.join('; ');
}

interface Drawn {
  readonly title: string;
  readonly mark: 'mail' | 'good' | 'notice';
  /** Markup, its values escaped. */
  readonly inner: string;
  readonly hasForm: boolean;
}

const drawings = {
  mail: '<path d="M4 6.5h16v11H4z"/><path d="m4.5 7 7.5 6 7.5-6"/>',
  good: '<path d="m5 12.5 4.5 4.5L19 7.5"/>',
  notice: '<path d="M12 6.5v7"/><path d="M12 17.2v.3"/>',
  lock: '<path d="M6 11h12v8.5H6z"/><path d="M8.5 11V8a3.5 3.5 0 0 1 7 0v3"/>',
  onward: '<path d="M4 12h15"/><path d="m13 6 6 6-6 6"/>',
  back: '<path d="m8.5 5-4 4 4 4"/><path d="M4.5 9H14a5 5 0 0 1 0 10H9"/>',
} as const;

const drawing = (name: keyof typeof drawings): Markup =>
  new Markup(`<svg viewBox="0 0 24 24" aria-hidden="true">${drawings[name]}</svg>`);

const rows = (pairs: readonly (readonly [string, string])[]): Markup =>
  html`<dl>${join(pairs.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`))}</dl>`;

const startForm = (start: StartForm, button: string): Markup =>
  html`<form method="post" action="${start.action}"><input type="hidden" name="token" value="${start.token}"><button type="submit">${button}</button></form>`;

/** All that a page may say, in one language. */
type Words = PageTexts & { readonly errors: ErrorTexts };

function draw(content: PageContent, texts: Words, requestId: string): Drawn {
  if (content.kind === 'connect') {
    const { label, address, receiver, syncStart, start } = content;
    const pairs: [string, string][] = [
      ...(label === undefined ? [] : [[texts.connect.asks, label] as [string, string]]),
      [texts.connect.mailbox, address ?? texts.connect.anyMailbox],
      [texts.connect.receiver, receiver],
      [texts.connect.syncStart, syncStartText(syncStart, texts)],
    ];
    const notes = noteList(texts.connect.notes);
    const inner = html`<p>${texts.connect.lead}</p>${rows(pairs)}${startForm(start, texts.connect.button)}${notes}`;
    return { title: texts.connect.title, mark: 'mail', inner: inner.text, hasForm: true };
  }
  if (content.kind === 'connected') {
    const { address, receiver, syncStart } = content;
    const pairs: [string, string][] = [
      [texts.connect.mailbox, address],
      ...(receiver === undefined ? [] : [[texts.connect.receiver, receiver] as [string, string]]),
      ...(syncStart === undefined
        ? []
        : [[texts.connect.syncStart, syncStartText(syncStart, texts)] as [string, string]]),
    ];
    const inner = html`<p>${texts.connected.lead}</p>${rows(pairs)}<p>${texts.connected.close}</p>`;
    return { title: texts.connected.title, mark: 'good', inner: inner.text, hasForm: false };
  }
  if (content.kind === 'admin-consent') return adminConsent(content, texts);
  if (content.kind === 'consented') {
    const text = texts.consented;
    const inner = html`<p>${text.happened}</p><p>${text.todo[content.permissions]}</p><p>${texts.connected.close}</p>`;
    return { title: text.title, mark: 'good', inner: inner.text, hasForm: false };
  }
  return failed(content, texts, requestId);
}

function syncStartText(syncStart: SyncStart, texts: PageTexts): string {
  return typeof syncStart === 'string'
    ? texts.connect.syncStarts[syncStart]
    : texts.connect.since(day(syncStart.since, texts));
}

/** A day as people write it, UTC. */
const day = (date: Date, texts: PageTexts): string =>
  new Intl.DateTimeFormat(texts.tag, { dateStyle: 'long', timeZone: 'UTC' }).format(date);

const noteList = ({ lock, onward, back }: Notes): Markup =>
  html`<ul><li>${drawing('lock')}${lock}</li><li>${drawing('onward')}${onward}</li><li>${drawing('back')}${back}</li></ul>`;

function adminConsent(content: Extract<PageContent, { readonly kind: 'admin-consent' }>, texts: PageTexts): Drawn {
  const { label, tenant, permissions, start } = content;
  const text = texts.adminConsent;
  const pairs: [string, string][] = [
    ...(label === undefined ? [] : [[texts.connect.asks, label] as [string, string]]),
    [text.organisation, tenant ?? text.anyOrganisation],
    [text.allows, text.what[permissions]],
  ];
  const notes = noteList(text.notes[permissions]);
  const inner = html`<p>${text.lead[permissions]}</p>${rows(pairs)}${startForm(start, texts.connect.button)}${notes}`;
  return { title: text.title, mark: 'mail', inner: inner.text, hasForm: true };
}

/** The link to pass on: to be copied, or sent from here by the reader's own mail program. */
function toForward(name: NoticeName, link: AdminLink, texts: PageTexts): Markup {
  const text = texts.adminLink;
  const expires = day(link.expiresAt, texts);
  const body = encodeURIComponent(`${text.mailBody}\n\n${link.url}\n`);
  const mail = `mailto:?subject=${encodeURIComponent(text.mailSubject)}&body=${body}`;
  const lead = name === 'needsAdmin' ? text.lead : text.perhaps;
  return html`<section class="forward"><p>${lead}</p><p><a href="${link.url}">${link.url}</a></p><p><a href="${mail}">${text.send}</a></p><p class="soft">${text.until(expires)}</p></section>`;
}

function failed(content: Extract<PageContent, { readonly kind: 'failed' }>, texts: Words, requestId: string): Drawn {
  const isConsent = content.about === 'admin-consent';
  const named = noticeFor(content.code, isConsent);
  // "Start again" would not help without a button.
  const isStart = named === 'startAgain' || named === 'consentAgain';
  const name = isStart && content.start === undefined ? 'openAgain' : named;
  const text = texts[name];
  const { expected, actual } = content.addresses ?? { expected: '', actual: '' };
  const pairs =
    content.addresses === undefined
      ? nothing
      : rows([
          [name === 'taken' ? texts.taken.heldBy : texts.wrongAccount.asked, expected],
          [texts.wrongAccount.signedIn, actual],
        ]);
  const { start, adminLink, back } = content;
  const forward = adminLink === undefined ? nothing : toForward(name, adminLink, texts);
  const todo = name === 'needsAdmin' && adminLink !== undefined ? texts.adminLink.afterwards : text.todo;
  const inner = html`<p>${text.happened}</p>${pairs}${forward}<p>${todo}</p>${
    start === undefined ? nothing : startForm(start, texts.again)
  }${back === undefined ? nothing : html`<p><a href="${back}">${texts.back(new URL(back).host)}</a></p>`}${withoutDetails.has(name) ? nothing : details(content, texts, requestId)}`;
  return { title: text.title, mark: 'notice', inner: inner.text, hasForm: start !== undefined };
}

/** What an administrator needs, in the language of the page. */
function details(
  { code, number }: Pick<Extract<PageContent, { readonly kind: 'failed' }>, 'code' | 'number'>,
  texts: Words,
  requestId: string,
): Markup {
  const { sentence, remedy } = texts.errors.of(code);
  const aadsts = number === undefined ? nothing : html` <code>${`AADSTS${number}`}</code>`;
  return html`<details><summary>${texts.details}</summary><p>${sentence} ${remedy}</p><p><code>${code}</code>${aadsts}</p><p>${texts.requestId} <code>${requestId}</code></p></details>`;
}

function whole(drawn: Drawn, texts: PageTexts): string {
  const body = html`<body><main><p class="head ${drawn.mark}"><span>${drawing(drawn.mark)}</span>${texts.product}</p><h1>${drawn.title}</h1>${new Markup(drawn.inner)}</main></body>`;
  const head = html`<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><title>${drawn.title} - ${texts.product}</title><style>${new Markup(pageStyle)}</style></head>`;
  return html`<!doctype html><html lang="${texts.tag}">${head}${body}</html>`.text;
}

import type { HttpResponseInit } from '@azure/functions';
import { sha256 } from '../domain/bytes.ts';
import { errorTextsIn } from '../errors/texts.ts';
import type { Language } from '../pages/language.ts';
import { html, type Markup, Markup as Raw } from '../pages/markup.ts';
import { dashboardStyle } from './style.ts';
import type { DashboardTexts, DashboardWords } from './texts.ts';
import { en } from './texts-en.ts';
import { zh } from './texts-zh.ts';

const ownTexts: Readonly<Record<Language, DashboardTexts>> = { en, zh };

/** Everything that a page of the dashboard says. */
export const wordsIn = async (language: Language): Promise<DashboardWords> => ({
  ...ownTexts[language],
  errors: await errorTextsIn(language),
});

let styleHash: string | undefined;

/**
 * Nothing from anywhere, and no script. The button of the sign-in page leads to Microsoft, and browsers hold `form-action`
 * against the redirect that answers a form, so that page goes without.
 */
function policy(leadsAway: boolean): string {
  styleHash ??= Buffer.from(sha256(dashboardStyle)).toString('base64');
  const rules = ["default-src 'none'", `style-src 'sha256-${styleHash}'`, "base-uri 'none'", "frame-ancestors 'none'"];
  if (!leadsAway) rules.push("form-action 'self'");
  return rules.join('; ');
}

export interface DashboardPage {
  readonly title: string;
  readonly header: Markup;
  readonly main: Markup;
  /** True for the page whose form is answered by a redirect to Microsoft. */
  readonly leadsAway?: boolean;
  readonly status?: number;
}

/** A page of the dashboard as an answer. */
export function answerPage(texts: DashboardTexts, page: DashboardPage): HttpResponseInit {
  const head = html`<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><title>${page.title} - ${texts.product}</title><style>${new Raw(dashboardStyle)}</style></head>`;
  const body = html`<body><header>${page.header}</header><main>${page.main}</main></body>`;
  return {
    status: page.status ?? 200,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Language': texts.tag,
      Vary: 'Accept-Language, Cookie',
      'Content-Security-Policy': policy(page.leadsAway === true),
      // `no-referrer` would make the form's own POST carry `Origin: null`.
      'Referrer-Policy': 'same-origin',
      'X-Frame-Options': 'DENY',
      'X-Robots-Tag': 'noindex',
      'Cache-Control': 'no-store',
    },
    body: html`<!doctype html><html lang="${texts.tag}">${head}${body}</html>`.text,
  };
}

import { utcMinute } from '../domain/duration.ts';
import type { ActionName } from '../http/requests/dashboard.ts';
import { html, join, type Markup, nothing } from '../pages/markup.ts';
import type { Target } from './actions.ts';
import type { DoctorReport } from './doctor-report.ts';
import { dayGraph } from './graph.ts';
import type { Overview } from './overview.ts';
import type { DashboardPage } from './page.ts';
import {
  auditTable,
  deliveryTable,
  destinationTable,
  doctorTable,
  keyTable,
  mailboxTable,
  sendingTable,
} from './tables.ts';
import type { DashboardTexts, DashboardWords } from './texts.ts';

/** What every page with changes on it needs: who is signed in, and what makes a form ours. */
export interface Signed {
  readonly name: string;
  readonly formToken: string;
}

/** A result that is shown above the overview. */
export interface Told {
  readonly kind: 'done' | 'failed';
  readonly sentence: string;
}

const headerOf = (texts: DashboardTexts, signed: Signed): Markup =>
  html`<h1>${texts.title}</h1><div><p class="soft">${texts.signedInAs(signed.name)}</p><form method="post"><input type="hidden" name="form" value="${signed.formToken}"><input type="hidden" name="action" value="sign-out"><button>${texts.signOut}</button></form></div>`;

/** The page before anyone is signed in; with what went wrong, where something did. */
export function signInPage(
  texts: DashboardTexts,
  home: string,
  failure?: { readonly status: number; readonly sentence: string; readonly remedy: string },
): DashboardPage {
  const told =
    failure === undefined
      ? nothing
      : html`<p class="bad">${texts.signIn.failed}</p><p>${failure.sentence}</p><p>${failure.remedy}</p>`;
  const button = html`<form method="post" action="${home}"><input type="hidden" name="action" value="sign-in"><button class="act">${texts.signIn.button}</button></form>`;
  return {
    title: texts.signIn.title,
    header: html`<p class="soft">${texts.product}</p>`,
    main: html`<div class="card"><h1>${texts.signIn.title}</h1><p>${texts.signIn.lead}</p>${told}${failure?.status === 404 ? nothing : button}</div>`,
    leadsAway: true,
    status: failure?.status ?? 200,
  };
}

/** The question before a change. */
export function confirmPage(texts: DashboardTexts, signed: Signed, action: ActionName, target: Target): DashboardPage {
  const { title, question, yes, no } = texts.confirm;
  return {
    title,
    header: headerOf(texts, signed),
    main: html`<div class="card"><h2>${title}</h2><p>${question[action](target.name)}</p><form method="post"><input type="hidden" name="form" value="${signed.formToken}"><input type="hidden" name="action" value="${action}"><input type="hidden" name="id" value="${target.id}"><input type="hidden" name="confirmed" value="yes"><button class="act">${yes}</button> <a class="button" href="dashboard">${no}</a></form></div>`,
  };
}

/** Everything at a glance. */
export function overviewPage(
  texts: DashboardWords,
  signed: Signed,
  overview: Overview,
  told: Told | undefined,
  report: DoctorReport | undefined,
): DashboardPage {
  const { sections } = texts;
  const change = (action: ActionName, id: string): Markup =>
    html`<form method="post"><input type="hidden" name="form" value="${signed.formToken}"><input type="hidden" name="action" value="${action}"><input type="hidden" name="id" value="${id}"><button>${texts.actions[action]}</button></form>`;
  const section = (name: string, inner: Markup): Markup => html`<section><h2>${name}</h2>${inner}</section>`;
  const doctor = html`<p><a class="button" href="dashboard?doctor=1">${texts.runDoctor}</a></p>${report === undefined ? nothing : doctorTable(texts, report)}`;
  return {
    title: texts.title,
    header: headerOf(texts, signed),
    main: join([
      told === undefined ? nothing : notice(told),
      html`<p class="soft">${texts.asOf(utcMinute(overview.at))} <a href="dashboard">${texts.refresh}</a></p>`,
      section(sections.doctor, doctor),
      section(sections.day, day(texts, overview)),
      section(sections.mailboxes, join([counts(texts, overview), mailboxTable(texts, overview.mailboxes, change)])),
      section(sections.destinations, destinationTable(texts, overview.destinations, change)),
      section(sections.sending, sendingTable(texts, overview.sending)),
      section(
        sections.deliveries,
        join([
          deliveryTable(texts, overview.deliveries, change),
          overview.moreDeliveries ? html`<p class="soft">${texts.more}</p>` : nothing,
        ]),
      ),
      section(sections.keys, keyTable(texts, overview.keys, change)),
      section(sections.audit, auditTable(texts, overview.audit)),
    ]),
  };
}

const notice = ({ kind, sentence }: Told): Markup =>
  html`<section class="notice${kind === 'failed' ? ' bad' : ''}" role="status"><p>${sentence}</p></section>`;

function day(texts: DashboardTexts, { hours }: Overview): Markup {
  const sum = (pick: (hour: Overview['hours'][number]) => number) => hours.reduce((all, hour) => all + pick(hour), 0);
  const label = texts.day.summary(
    sum(({ delivered }) => delivered),
    sum(({ failed }) => failed),
    sum(({ dead }) => dead),
  );
  return html`<p>${label}</p>${dayGraph(hours, label)}<p><span class="key">${texts.day.legendGood}</span><span class="key bad">${texts.day.legendBad}</span></p>`;
}

const counts = (texts: DashboardTexts, { counts: found }: Overview): Markup =>
  html`<ul class="counts">${join(
    Object.entries(texts.states).flatMap(([state, name]) => {
      const count = found[state as keyof typeof found] ?? 0;
      return count === 0 ? [] : [html`<li><strong>${String(count)}</strong>${name}</li>`];
    }),
  )}</ul>`;

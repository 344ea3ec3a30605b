import type { ApiKeyInfo } from '../access/api-keys.ts';
import type { DestinationView } from '../delivery/destination-view.ts';
import { utcMinute } from '../domain/duration.ts';
import { deliveryId } from '../domain/ids.ts';
import { errorTable, isErrorCode } from '../error-codes.ts';
import type { ErrorTexts } from '../errors/texts.ts';
import type { ActionName } from '../http/requests/dashboard.ts';
import { html, join, type Markup, nothing } from '../pages/markup.ts';
import type { AuditTrailEntry } from '../store/deployment/audit-trail.ts';
import type { Delivery } from '../store/mailboxes/deliveries.ts';
import type { PollFacts } from '../store/mailboxes/poll-facts.ts';
import type { DoctorReport } from './doctor-report.ts';
import type { MailboxLine, SendingLine } from './overview.ts';
import type { DashboardTexts, DashboardWords } from './texts.ts';

/** A form whose button asks for a change. */
type Change = (action: ActionName, id: string) => Markup;

const timeOf = (texts: DashboardTexts, at: Date | undefined): string =>
  at === undefined ? texts.never : utcMinute(at);

/** How far delivery is behind arrival: of the last mail in time, now in mails. */
const lagOf = (texts: DashboardTexts, facts: PollFacts | undefined): string =>
  [
    ...(facts?.lagSeconds === undefined ? [] : [texts.lag.after(facts.lagSeconds)]),
    ...(facts === undefined || facts.behind === 0 ? [] : [texts.lag.behind(facts.behind)]),
  ].join(', ');

interface Cell {
  readonly name: string;
  readonly value: Markup | string;
}

/** A table, whose cells carry the names of their columns for narrow screens. */
function table(texts: DashboardTexts, rows: readonly (readonly Cell[])[]): Markup {
  const [first] = rows;
  if (first === undefined) return html`<p class="soft">${texts.none}</p>`;
  const head = join(first.map(({ name }) => html`<th scope="col">${name}</th>`));
  const body = join(
    rows.map(
      (row) => html`<tr>${join(row.map(({ name, value }) => html`<td data-name="${name}">${value}</td>`))}</tr>`,
    ),
  );
  return html`<div class="wide"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

/** Sentence and remedy of a code, and who can act. */
function trouble(errors: ErrorTexts, code: string): Markup {
  if (!isErrorCode(code)) return nothing;
  const { sentence, remedy } = errors.of(code);
  return html`${sentence} ${remedy} <code>${code}</code> <span class="soft">${errors.who(errorTable[code].who)}</span>`;
}

export const mailboxTable = (texts: DashboardWords, lines: readonly MailboxLine[], change: Change): Markup =>
  table(
    texts,
    lines.map(({ view: { row, state, shown }, facts }) => {
      const isWell = shown === 'active';
      return [
        { name: texts.columns.mailbox, value: row.address },
        {
          name: texts.columns.state,
          value: html`<span class="${isWell ? 'good' : shown === 'paused' ? 'warn' : 'bad'}">${texts.states[shown]}</span>`,
        },
        { name: texts.columns.reason, value: isWell ? nothing : trouble(texts.errors, state?.code ?? '') },
        { name: texts.columns.lastPoll, value: timeOf(texts, facts?.lastPoll) },
        { name: texts.columns.lastDelivery, value: timeOf(texts, facts?.lastDelivery) },
        { name: texts.columns.lag, value: lagOf(texts, facts) },
        {
          name: texts.columns.change,
          value: join([
            change(row.paused ? 'mailbox-resume' : 'mailbox-pause', row.id),
            row.paused ? nothing : change('mailbox-sync', row.id),
          ]),
        },
      ];
    }),
  );

export const destinationTable = (texts: DashboardWords, all: readonly DestinationView[], change: Change): Markup =>
  table(
    texts,
    all.map(({ id, name, url, held, paused, lastAccepted }) => [
      { name: texts.columns.name, value: html`${name}<br><span class="soft">${new URL(url).origin}</span>` },
      {
        name: texts.columns.state,
        value:
          held !== undefined
            ? html`<span class="bad">${texts.destination.held(utcMinute(held.since))}</span>`
            : html`<span class="${paused ? 'warn' : 'good'}">${paused ? texts.destination.paused : texts.destination.ready}</span>`,
      },
      { name: texts.columns.reason, value: held === undefined ? nothing : trouble(texts.errors, held.code) },
      { name: texts.columns.lastAccepted, value: timeOf(texts, lastAccepted) },
      {
        name: texts.columns.change,
        value: join([change(paused ? 'destination-resume' : 'destination-pause', id), change('destination-test', id)]),
      },
    ]),
  );

export const sendingTable = (texts: DashboardWords, lines: readonly SendingLine[]): Markup =>
  table(
    texts,
    lines.map(({ address, facts: { waiting, nextAt, unknown, failed, code, hold } }) => [
      { name: texts.columns.mailbox, value: address },
      { name: texts.columns.waiting, value: String(waiting) },
      { name: texts.columns.nextAttempt, value: nextAt === undefined ? '' : utcMinute(nextAt) },
      {
        name: texts.columns.unknown,
        value: html`<span class="${unknown > 0 ? 'warn' : ''}">${String(unknown)}</span>`,
      },
      {
        name: texts.columns.failedToday,
        value: html`<span class="${failed > 0 ? 'bad' : ''}">${String(failed)}</span> ${trouble(texts.errors, code ?? '')}`,
      },
      {
        name: texts.columns.hold,
        value:
          hold === undefined
            ? nothing
            : html`${texts.heldUntil(utcMinute(hold.until))} ${trouble(texts.errors, hold.code)}`,
      },
    ]),
  );

export const deliveryTable = (texts: DashboardWords, all: readonly Delivery[], change: Change): Markup =>
  table(
    texts,
    all.map(({ state, row, mailbox }) => [
      { name: texts.columns.mail, value: html`${mailbox.address} <code>${deliveryId(mailbox.id, row.key)}</code>` },
      {
        name: texts.columns.state,
        value: html`<span class="${state === 'dead' ? 'bad' : 'warn'}">${texts.delivery[state]}</span>`,
      },
      { name: texts.columns.reason, value: trouble(texts.errors, row.reason) },
      { name: texts.columns.attempts, value: String(row.attempts) },
      { name: texts.columns.failedAt, value: utcMinute(state === 'dead' ? row.at : row.failedAt) },
      {
        name: texts.columns.change,
        value: state === 'dead' ? change('delivery-replay', deliveryId(mailbox.id, row.key)) : nothing,
      },
    ]),
  );

export const keyTable = (texts: DashboardTexts, keys: readonly ApiKeyInfo[], change: Change): Markup =>
  table(
    texts,
    keys.map(({ id, label, scopes, lastUsedAt, expiresAt }) => [
      { name: texts.columns.name, value: html`${label ?? ''} <code>${id}</code>` },
      { name: texts.columns.scopes, value: scopes.join(', ') },
      { name: texts.columns.lastUsed, value: timeOf(texts, lastUsedAt) },
      { name: texts.columns.expires, value: timeOf(texts, expiresAt) },
      { name: texts.columns.change, value: change('key-remove', id) },
    ]),
  );

export const auditTable = (texts: DashboardTexts, entries: readonly AuditTrailEntry[]): Markup =>
  table(
    texts,
    entries.map(({ at, actor, action, about, result }) => [
      { name: texts.columns.time, value: utcMinute(at) },
      { name: texts.columns.actor, value: html`<code>${actor}</code>` },
      { name: texts.columns.action, value: html`<code>${action}</code>` },
      { name: texts.columns.about, value: html`<code>${about}</code>` },
      { name: texts.columns.result, value: html`<code>${result}</code>` },
    ]),
  );

const looks = { ok: 'good', warn: 'warn', fail: 'bad', unknown: 'warn' } as const;

export const doctorTable = (texts: DashboardWords, { items }: DoctorReport): Markup =>
  table(
    texts,
    items.map(({ check, subject, status, sentence, remedy, who }) => [
      {
        name: texts.columns.check,
        value: html`<code>${check}</code> ${subject === null ? nothing : html`<code>${subject}</code>`}`,
      },
      { name: texts.columns.state, value: html`<span class="${looks[status]}">${texts.checkStates[status]}</span>` },
      {
        name: texts.columns.reason,
        value: html`${sentence} ${remedy ?? ''} ${who === null ? nothing : html`<span class="soft">${texts.errors.who(who)}</span>`}`,
      },
    ]),
  );

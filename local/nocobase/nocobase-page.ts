import { z } from 'zod';
import { utcMinute } from '../../src/lib/domain/duration.ts';
import { escapeHtml } from '../web.ts';
import type { ReceivedEvent } from './stand-in.ts';

const person = z.object({ name: z.string().catch(''), address: z.string().catch('') });

/** What the page shows of an event; missing or odd parts are left out and never a failure. */
const shown = z.object({
  subject: z.string().catch(''),
  from: person.catch({ name: '', address: '' }),
  to: z.array(person).catch([]),
  receivedAt: z.string().catch(''),
  text: z.string().catch(''),
  snippet: z.string().catch(''),
  attachments: z
    .array(
      z.object({
        filename: z.string().catch(''),
        contentType: z.string().catch(''),
        size: z.number().catch(0),
        inline: z.boolean().catch(false),
      }),
    )
    .catch([]),
  mailbox: z.object({ address: z.string().catch('') }).catch({ address: '' }),
  seemsNew: z.boolean().optional().catch(undefined),
  bounce: z.unknown().optional(),
  calendar: z.object({ means: z.string() }).nullish().catch(undefined),
});

type Shown = z.infer<typeof shown>;

const envelope = z.object({ data: z.unknown() }).catch({ data: {} });

function dataOf(event: ReceivedEvent): Shown {
  return shown.parse(Object(envelope.parse(event.body).data));
}

const style = `
  :root { color-scheme: light; --ink: #1b2430; --soft: #566070; --line: #e3e7ed; --back: #f3f5f8; --blue: #0b5cad; --tint: #eaf2fc; }
  * { box-sizing: border-box; }
  body { margin: 0; background: var(--back); color: var(--ink); font: 15px/1.5 system-ui, "Noto Sans", sans-serif; }
  header { background: #0d2748; color: #fff; padding: .8rem 1.5rem; display: flex; gap: .9rem; align-items: baseline; flex-wrap: wrap; }
  header h1 { font-size: 1.05rem; margin: 0; }
  header p { margin: 0; color: #c5d5ec; font-size: .875rem; }
  header a { color: #fff; margin-left: auto; font-size: .875rem; }
  .panes { display: grid; grid-template-columns: minmax(18rem, 22rem) 1fr; gap: 1rem; padding: 1rem 1.5rem; align-items: start; }
  @media (max-width: 50rem) { .panes { grid-template-columns: 1fr; padding: 1rem; } }
  .card { background: #fff; border: 1px solid var(--line); border-radius: 12px; overflow: hidden; box-shadow: 0 1px 2px rgb(16 24 40 / 5%); }
  .card h2 { font-size: .8125rem; font-weight: 600; color: var(--soft); margin: 0; padding: .7rem 1.1rem; border-bottom: 1px solid var(--line); }
  ol { list-style: none; margin: 0; padding: 0; }
  li + li { border-top: 1px solid var(--line); }
  li a { display: block; padding: .6rem 1.1rem .65rem .9rem; color: inherit; text-decoration: none; border-left: 3px solid transparent; font-size: .875rem; }
  li a:hover { background: #f7f9fc; }
  li a:focus-visible, summary:focus-visible { outline: 2px solid var(--blue); outline-offset: -2px; }
  li a[aria-current] { background: var(--tint); border-left-color: var(--blue); }
  .row { display: flex; justify-content: space-between; gap: .75rem; align-items: baseline; }
  .row strong { font-size: .9375rem; }
  .row time { color: var(--soft); font-size: .75rem; white-space: nowrap; }
  .one { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .soft { color: var(--soft); }
  svg { width: 1em; height: 1em; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; vertical-align: -.12em; }
  .tag { display: inline-block; font-size: .75rem; font-weight: 600; padding: .1rem .55rem; border-radius: 99px; background: var(--tint); color: #084a8c; }
  .tag.bad { background: #fdecea; color: #8f1d14; }
  .tag.good { background: #e0f3e7; color: #14572b; }
  article { padding: 1.25rem 1.5rem 1.5rem; }
  article p { margin: 0; display: flex; flex-wrap: wrap; gap: .4rem; }
  article h3 { font-size: 1.375rem; line-height: 1.3; letter-spacing: -.01em; margin: .75rem 0 1rem; overflow-wrap: anywhere; }
  dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: 0 0 1.25rem; font-size: .875rem; }
  dt { color: var(--soft); }
  dd { margin: 0; overflow-wrap: anywhere; }
  .text { white-space: pre-wrap; overflow-wrap: anywhere; border-top: 1px solid var(--line); padding-top: 1.25rem; }
  .files { display: flex; flex-wrap: wrap; gap: .5rem; margin: 1.25rem 0 0; padding: 0; list-style: none; font-size: .875rem; }
  .files li { border: 1px solid var(--line); border-radius: 8px; padding: .35rem .7rem; background: #fafbfd; }
  details { margin-top: 1.5rem; border-top: 1px solid var(--line); padding-top: 1rem; font-size: .875rem; }
  summary { cursor: pointer; color: var(--blue); }
  pre { background: #10192b; color: #dbe6fb; padding: .9rem; border-radius: 8px; overflow: auto; max-height: 28rem; font: 12.5px/1.5 ui-monospace, monospace; }
  .empty { padding: 2rem 1rem; text-align: center; color: var(--soft); }
`;

const clip =
  '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="m20 11.5-8 8a5 5 0 0 1-7-7l8.5-8.5a3.3 3.3 0 0 1 4.7 4.7L9.8 17a1.7 1.7 0 0 1-2.4-2.4l7.6-7.6"/></svg>';

/** How many rows the list shows; the rest is at `events`. */
const listed = 100;

/**
 * What the stand-in received, newest first, one of them open (the newest message where none is named). A first sync brings
 * old mail after new: what counts is when a mail reached its mailbox. Everything on the page was written by strangers, so
 * all of it is escaped and the mail's HTML is not shown.
 * @param open index of the event to open, as the links carry it
 */
export function nocobasePage(events: readonly ReceivedEvent[], open?: string): string {
  const rows = events
    .map((event, index) => ({ event, index, at: happenedAt(event) }))
    .sort((one, other) => other.at - one.at || other.index - one.index);
  const chosen =
    rows.find(({ index }) => String(index) === open) ??
    rows.find(({ event }) => event.type === 'message.received') ??
    rows[0];
  const items = rows.slice(0, listed).map(({ event, index }) => row(event, index, index === chosen?.index));
  const messages = events.filter((event) => event.type === 'message.received').length;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Received mail – NocoBase stand-in</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<header><h1>NocoBase stand-in</h1><p>${messages} ${messages === 1 ? 'message' : 'messages'}, ${events.length} ${events.length === 1 ? 'event' : 'events'} received as signed webhooks</p><a href="/">Show the newest</a></header>
<main class="panes">
<nav class="card" aria-label="Received events"><h2>Received</h2>${
    items.length === 0
      ? '<p class="empty">Nothing yet. Mail appears here within one poll.</p>'
      : `<ol>${items.join('')}</ol>`
  }</nav>
<section class="card" aria-label="Opened event">${chosen === undefined ? '<p class="empty">Connect a mailbox and send it a message.</p>' : opened(chosen.event)}</section>
</main>
</body>
</html>`;
}

/** When a mail reached its mailbox; of other events, when they came. */
function happenedAt(event: ReceivedEvent): number {
  const mail = event.type === 'message.received' ? Date.parse(dataOf(event).receivedAt) : Number.NaN;
  return Number.isNaN(mail) ? Date.parse(event.receivedAt) : mail;
}

function row(event: ReceivedEvent, index: number, isOpen: boolean): string {
  const data = dataOf(event);
  const isMessage = event.type.startsWith('message.') && data.subject !== '';
  const title = isMessage ? data.from.name || data.from.address || '(no sender)' : event.type || '(no type)';
  const line = isMessage ? data.subject : data.mailbox.address || event.id;
  const hasFiles = data.attachments.some((file) => !file.inline);
  const more = isMessage ? data.snippet || data.text.slice(0, 120) : '';
  return `<li><a href="?open=${index}"${isOpen ? ' aria-current="true"' : ''}>
<span class="row"><strong class="one">${escapeHtml(title)}</strong>${time(data.receivedAt || event.receivedAt)}</span>
<span class="row"><span class="one">${escapeHtml(line)}</span>${hasFiles ? `<span class="soft" role="img" aria-label="with attachments">${clip}</span>` : ''}</span>${more === '' ? '' : `<span class="one soft">${escapeHtml(more)}</span>`}
</a></li>`;
}

const calendarTags = new Map([
  ['invited', 'invitation'],
  ['cancelled', 'cancellation'],
  ['accepted', 'accepted'],
  ['declined', 'declined'],
  ['tentative', 'accepted tentatively'],
]);

function opened(event: ReceivedEvent): string {
  const data = dataOf(event);
  const tags = [
    `<span class="tag">${escapeHtml(event.type)}</span>`,
    event.verified
      ? '<span class="tag good">signature verified</span>'
      : '<span class="tag bad">signature not verified</span>',
    event.status < 300 ? '' : `<span class="tag bad">answered ${event.status}</span>`,
    data.calendar ? `<span class="tag">${escapeHtml(calendarTags.get(data.calendar.means) ?? 'calendar')}</span>` : '',
    data.bounce ? '<span class="tag">bounce</span>' : '',
  ];
  const facts: [string, string][] = [
    ['From', data.from.address === '' ? '' : address(data.from)],
    ['To', data.to.map(address).join(', ')],
    ['Mailbox', data.mailbox.address],
    ['Arrived', data.receivedAt === '' ? '' : `${minute(data.receivedAt)} UTC`],
    ['webhook-id', event.id],
  ];
  // What was attached on purpose first; pictures that stand in the text after it.
  const files = data.attachments
    .toSorted((one, other) => Number(one.inline) - Number(other.inline))
    .map(
      (file) =>
        `<li>${clip} ${escapeHtml(file.filename || '(no name)')} <span class="soft">${escapeHtml(file.contentType)}, ${kilobytes(file.size)}${file.inline ? ', inline' : ''}</span></li>`,
    );
  return `<article>
<p>${tags.filter((tag) => tag !== '').join(' ')}</p>
<h3>${escapeHtml(data.subject || event.type || '(no subject)')}</h3>
<dl>${facts
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `<dt>${name}</dt><dd>${escapeHtml(value)}</dd>`)
    .join('')}</dl>
${data.text === '' ? '' : `<div class="text">${escapeHtml(data.text)}</div>`}
${files.length === 0 ? '' : `<ul class="files" aria-label="Attachments">${files.join('')}</ul>`}
<details><summary>The event as it arrived</summary><pre tabindex="0">${escapeHtml(JSON.stringify(event.body, null, 2) ?? '')}</pre></details>
</article>`;
}

const address = ({ name, address: mail }: z.infer<typeof person>): string => (name === '' ? mail : `${name} <${mail}>`);

const kilobytes = (size: number): string => (size < 1024 ? `${size} B` : `${Math.round(size / 1024)} KB`);

/** Day and minute, UTC: the page should look the same on every machine. */
function time(text: string): string {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) return '';
  return `<time datetime="${date.toISOString()}">${minute(text)}</time>`;
}

function minute(text: string): string {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? text : utcMinute(date);
}

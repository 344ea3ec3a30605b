import { expect, it } from 'vitest';
import { nocobasePage } from './nocobase-page.ts';
import type { ReceivedEvent } from './stand-in.ts';

const event = (type: string, cameAt: string, data: object): ReceivedEvent => ({
  id: 'm_1',
  type,
  status: 200,
  verified: true,
  receivedAt: cameAt,
  headers: {},
  body: { type, data },
});
const mail = (subject: string, receivedAt: string, cameAt: string) =>
  event('message.received', cameAt, { subject, receivedAt, from: { name: subject, address: 'a@b.example' } });
const heading = (page: string) => /<h3>(.*?)<\/h3>/.exec(page)?.[1];
const listed = (page: string) => [...page.matchAll(/<strong class="one">(.*?)<\/strong>/g)].map(([, name]) => name);

// A first sync: the new mail comes before the old ones, and old ones come last of all.
const firstSync = [
  event('mailbox.connected', '2026-11-22T08:00:00Z', { mailbox: { address: 'ada@contoso.example' } }),
  mail('today', '2026-11-22T07:59:00Z', '2026-11-22T08:00:01Z'),
  mail('last week', '2026-11-15T12:00:00Z', '2026-11-22T08:00:02Z'),
  mail('last month', '2026-10-25T12:00:00Z', '2026-11-22T08:00:03Z'),
];

it('opens on the newest mail, whatever came last', () => {
  const page = nocobasePage(firstSync);
  expect(heading(page)).toBe('today');
  expect(listed(page)).toEqual(['mailbox.connected', 'today', 'last week', 'last month']);
});

it('opens what a link names by its place among all that came', () => {
  expect(heading(nocobasePage(firstSync, '3'))).toBe('last month');
});

it('takes a mail without a date for one that has just come', () => {
  const page = nocobasePage([...firstSync, mail('no date', 'soon', '2026-11-22T09:00:00Z')]);
  expect(heading(page)).toBe('no date');
});

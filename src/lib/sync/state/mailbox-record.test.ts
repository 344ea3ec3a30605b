import { expect, it } from 'vitest';
import { decodeOutbox } from '../../store/rows/outbox-row.ts';
import type { MailboxRow, OutboxRow } from '../../store/rows/rows.ts';
import { createMailboxRecord } from './mailbox-record.ts';

const mailboxId = 'mbx_0000_0123456789abcdef';
const now = new Date('2026-11-22T10:00:05.900Z');

const row: MailboxRow = {
  id: mailboxId,
  address: 'ada@contoso.example',
  login: 'ada@contoso.example',
  grant: { kind: 'user', tid: 't', oid: 'o' },
  shared: false,
  slot: 0,
  folders: [],
  syncFrom: undefined,
  destinationId: 'dst_0123456789ab',
  label: undefined,
  ownerRef: undefined,
  paused: false,
  deletedAt: undefined,
  createdAt: now,
  asked: 0,
  filterRevision: undefined,
};

const event = (id: string, at: Date): OutboxRow => ({
  mailboxId,
  id,
  type: 'message.updated',
  at,
  data: '{}',
  attempts: 0,
  tries: 0,
  failedAt: undefined,
  nextAt: undefined,
});

it('keeps the events of a mailbox in the order in which they were told, though the time of the store goes back by up to a second', () => {
  const record = createMailboxRecord({ row, state: undefined, cursors: new Map() }, now, () => {});
  const early = new Date('2026-11-22T10:00:05.000Z');
  record.foundOutbox(event('e_found', now));
  for (const id of ['e_z', 'e_b', 'e_a']) record.addOutbox(event(id, early));
  const order = ['e_found', 'e_z', 'e_b', 'e_a'];
  expect(record.outbox().map(({ id }) => id)).toEqual(order);
  // One that failed comes again in its place, and so it does in another process.
  const [, second] = record.outbox();
  if (second === undefined) throw new Error('no event');
  record.addOutbox({ ...second, tries: 1 });
  expect(record.outbox().map(({ id }) => id)).toEqual(order);
  const again = createMailboxRecord({ row, state: undefined, cursors: new Map() }, now, () => {});
  again.foundOutbox(event('e_found', now));
  for (const change of record.pending().toReversed()) {
    if (change.kind === 'upsert') again.foundOutbox(decodeOutbox({ ...change.row, etag: '' }));
  }
  expect(again.outbox().map(({ id }) => id)).toEqual(order);
});

import { expect, it } from 'vitest';
import type { OutboxRow } from '../../store/rows/rows.ts';
import { buildMailboxEvent } from './mailbox-event.ts';

const mailbox = { id: 'mbx_0000_0123456789abcdef', address: 'ada@contoso.example', label: undefined, ownerRef: 7 };
const row: OutboxRow = {
  mailboxId: mailbox.id,
  id: 'e_1',
  type: 'mailbox.connected',
  at: new Date('2026-11-22T08:00:00Z'),
  data: '{"reconnected":false}',
};

it('tells of a mailbox under the id of its row, with the mailbox as it is now', () => {
  expect(buildMailboxEvent(row, mailbox)).toEqual({
    id: 'e_1',
    type: 'mailbox.connected',
    timestamp: row.at,
    data: {
      mailbox: { id: mailbox.id, address: mailbox.address, label: null, ownerRef: 7 },
      reconnected: false,
    },
  });
});

it('adds what follows from a code', () => {
  const event = buildMailboxEvent({ ...row, type: 'mailbox.degraded', data: '{"code":"destination_busy"}' }, mailbox);
  expect(event.data).toMatchObject({
    code: 'destination_busy',
    sentence: expect.stringContaining('overloaded'),
    remedy: expect.any(String),
    who: 'deployment owner',
  });
});

it('passes a code on that only a newer version knows', () => {
  const { data } = buildMailboxEvent({ ...row, data: '{"code":"constructor"}' }, mailbox);
  expect(data.code).toBe('constructor');
  expect(data).not.toHaveProperty('sentence');
});

it.each([
  ['an unknown type', { type: 'mailbox.exploded' }],
  ['a mail that somebody made up', { type: 'message.received' }],
  ['broken JSON', { data: '{"a":' }],
  ['no object', { data: '[1]' }],
])('refuses a row with %s, and quotes nothing of it', (_what, change) => {
  expect(() => buildMailboxEvent({ ...row, ...change }, mailbox)).toThrow(/^(An outbox row|The data of an outbox row)/);
});

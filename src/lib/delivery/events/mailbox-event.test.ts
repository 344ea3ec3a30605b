import { expect, it } from 'vitest';
import { outboxExamples, outboxJson } from '../../../../test/support/outbox-data.ts';
import { eventTypes } from '../../domain/events/event-types.ts';
import { storedCode } from '../../error-codes.ts';
import { buildMailboxEvent } from './mailbox-event.ts';

const mailbox = { id: 'mbx_0000_0123456789abcdef', address: 'ada@contoso.example', label: undefined, ownerRef: 7 };
const row = {
  mailboxId: mailbox.id,
  id: 'e_1',
  type: 'mailbox.connected' as const,
  at: new Date('2026-11-22T08:00:00Z'),
  data: '{"state":"active","later":1}',
};

it('tells of a mailbox under the id of its row, with the mailbox as it is now', () => {
  expect(buildMailboxEvent(row, mailbox)).toEqual({
    id: 'e_1',
    type: 'mailbox.connected',
    timestamp: row.at,
    data: {
      mailbox: { id: mailbox.id, address: mailbox.address, label: null, ownerRef: 7 },
      state: 'active',
      later: 1,
    },
  });
});

it('adds what follows from a code', () => {
  const data = outboxJson('mailbox.degraded', { code: 'destination_busy' });
  const event = buildMailboxEvent({ ...row, type: 'mailbox.degraded', data }, mailbox);
  expect(event.data).toMatchObject({
    code: 'destination_busy',
    sentence: expect.stringContaining('overloaded'),
    remedy: expect.any(String),
    who: 'deployment owner',
  });
});

it('passes a code on that only a newer version knows', () => {
  const { data } = buildMailboxEvent(
    { ...row, data: outboxJson(row.type, { code: storedCode('constructor') }) },
    mailbox,
  );
  expect(data).toHaveProperty('code', 'constructor');
  expect(data).not.toHaveProperty('sentence');
});

it.each([
  ['an unknown type', { type: 'mailbox.exploded' }],
  ['a mail that somebody made up', { type: 'message.received' }],
  ['broken JSON', { data: '{"a":' }],
  ['no object', { data: '[1]' }],
  ['data of another type', { data: outboxJson('message.removed') }],
  ['a field of another form', { data: '{"state":"gone"}' }],
])('refuses a row with %s, and quotes nothing of it', (_what, change) => {
  expect(() => buildMailboxEvent({ ...row, ...change }, mailbox)).toThrow(/^(An outbox row|The data of an outbox row)/);
});

it.each(Object.keys(outboxExamples))('passes the data of %s on byte for byte, behind the mailbox', (type) => {
  const stored = JSON.stringify(Object.entries(outboxExamples).find(([name]) => name === type)?.[1]);
  const {
    mailbox: _mailbox,
    sentence: _sentence,
    remedy: _remedy,
    who: _who,
    ...data
  } = buildMailboxEvent({ ...row, type, data: stored }, mailbox).data;
  expect(JSON.stringify(data)).toBe(stored);
  expect(eventTypes).toContain(type);
});

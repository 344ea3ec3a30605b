import { buildMailboxEvent } from '../../../src/lib/delivery/events/mailbox-event.ts';
import { buildMessageReceived, type MessageReceivedInput } from '../../../src/lib/delivery/events/message-event.ts';
import type { OutgoingEvent } from '../../../src/lib/domain/events/event.ts';
import type { OutboxType } from '../../../src/lib/domain/events/event-types.ts';
import type { OutboxData } from '../../../src/lib/domain/events/outbox-data.ts';
import type { ReadMessage } from '../../../src/lib/domain/mail/message.ts';
import { expiringEvent } from '../../../src/lib/housekeeping/secret-expiry-chore.ts';
import { outboxJson } from '../outbox-data.ts';

export const mailbox = { id: 'mbx_0000_0123456789abcdef', address: 'ada@contoso.example', label: 'Sales', ownerRef: 7 };

export const mail: ReadMessage = {
  meta: {
    uid: 4711,
    internalDate: new Date('2026-11-22T08:00:01Z'),
    size: 12_345,
    seen: false,
    flagged: true,
    answered: false,
    messageId: '<1@mail.contoso.example>',
    date: undefined,
    from: 'grace@contoso.example',
    subject: 'Offer',
    received: undefined,
  },
  messageId: '<1@mail.contoso.example>',
  inReplyTo: undefined,
  references: ['<0@mail.contoso.example>'],
  subject: 'Offer – 报价 🌱',
  from: { name: 'Grace Hopper', address: 'grace@contoso.example' },
  to: [
    { name: 'Ada', address: 'ada@contoso.example' },
    { name: '', address: 'team@contoso.example' },
  ],
  cc: [{ name: 'C', address: 'cc@contoso.example' }],
  bcc: [{ name: 'B', address: 'bcc@contoso.example' }],
  replyTo: [{ name: 'R', address: 'reply@contoso.example' }],
  date: new Date('2026-11-22T08:00:00Z'),
  text: 'Hello Ada',
  html: '<p>Hello <b>Ada</b></p><script>x()</script>',
  truncated: [],
  attachments: [{ part: '2', filename: 'prices.csv', contentType: 'text/csv', size: 9, inline: false }],
  autoReply: false,
  bounce: undefined,
  calendar: undefined,
};

let count = 0;
/** A messageKey that no test has used. */
export const newKey = (): string => {
  count += 1;
  return `m_test${Date.now()}x${count}`;
};

/** `message.received`, built as the product builds it. */
export const received = (
  key: string,
  change: Partial<ReadMessage> = {},
  more: Partial<MessageReceivedInput> = {},
): OutgoingEvent<'message.received'> =>
  buildMessageReceived({
    key,
    mailbox,
    folder: { id: 'f1234567', path: 'INBOX', role: 'inbox' },
    uidValidity: 1n,
    message: { ...mail, ...change },
    seemsNew: true,
    late: false,
    ...more,
  });

/** Any other event of a mailbox, as the product builds it from its outbox row. */
export const happened = <Type extends OutboxType>(
  type: Type,
  data: Partial<OutboxData[Type]> = {},
  of = mailbox,
): OutgoingEvent =>
  buildMailboxEvent({ mailboxId: of.id, id: `e_${newKey()}`, type, at: new Date(), data: outboxJson(type, data) }, of);

/** `secret.expiring`, which is about no mailbox. */
export const expiring: OutgoingEvent<'secret.expiring'> = expiringEvent(
  { name: 'entra-client-secret', version: 'a'.repeat(32), expiresOn: new Date('2026-11-29T09:00:00Z') },
  7,
  Date.parse('2026-11-22T09:00:00Z'),
);

/** `destination.test`. */
export const tested: OutgoingEvent<'destination.test'> = {
  id: 'test_1',
  type: 'destination.test',
  timestamp: new Date('2026-11-22T09:00:00Z'),
  data: { destination: { id: 'dst_1', name: 'NocoBase' } },
};

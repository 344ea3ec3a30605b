import type { Submission } from '../../src/lib/domain/submission.ts';
import type { MailboxRow, RecentMessage } from '../../src/lib/store/rows/rows.ts';
import type { Row, StoredRow, Value } from '../../src/lib/store/table/table.ts';

/** A row as the store would give it back, without going there. */
export const asStored = (row: Row, etag = 'W/"1"'): StoredRow => ({ ...row, etag });

/** The row with one column changed; undefined removes it. */
export const withColumn = (row: Row, name: string, value: Value | undefined): StoredRow =>
  asStored({ ...row, values: { ...row.values, [name]: value } });

export const entry = (uid: number, day: number, more: Partial<RecentMessage> = {}): RecentMessage => ({
  key: Uint8Array.from({ length: 16 }, (_, i) => (uid * 7 + i) & 0xff),
  hash: Uint8Array.from({ length: 8 }, (_, i) => (uid * 13 + i) & 0xff),
  uid,
  posted: false,
  accepted: false,
  seen: false,
  flagged: false,
  answered: false,
  day,
  ...more,
});

export const mailboxId = 'mbx_0007_abcdefghijklmnop';

export const mailbox: MailboxRow = {
  id: mailboxId,
  address: 'Adelheid.von-Hohenstein@vertrieb.contoso.example',
  login: 'Adelheid.von-Hohenstein@vertrieb.contoso.example',
  grant: { kind: 'user', tid: '11111111-2222-3333-4444-555555555555', oid: '66666666-7777-8888-9999-aaaaaaaaaaaa' },
  shared: false,
  slot: 63,
  folders: [
    { id: 'fAbCdEf1', path: 'INBOX', role: 'inbox' },
    { id: 'fAbCdEf2', path: 'Gesendete Elemente', role: 'sent' },
  ],
  destinationId: 'dst_abcdefghijkl',
  label: 'Vertrieb Nord',
  ownerRef: 4294967297,
  syncFrom: new Date('2026-01-02T03:04:05Z'),
  paused: false,
  deletedAt: undefined,
  createdAt: new Date('2026-11-22T10:11:12.345Z'),
  asked: 3,
};

/** One that sends, under the address that the mail servers of the tests know. */
export const sendingMailbox: MailboxRow = {
  ...mailbox,
  address: 'ada@contoso.example',
  login: 'ada@contoso.example',
};

/** A message that was accepted just now, and waits to be sent. */
export const queuedSubmission = (place: Pick<Submission, 'id' | 'mailboxId'>, now: Date): Submission => ({
  ...place,
  state: 'queued',
  createdAt: now,
  dueAt: now,
  nextAt: now,
  expiresAt: new Date(now.getTime() + 48 * 3_600_000),
  priority: 'interactive',
  onUnknown: 'ask',
  keyId: 'key',
  keyHash: undefined,
  size: 100,
  ourMessageId: '<ours@contoso.example>',
  serverMessageId: undefined,
  date: undefined,
  attempts: 0,
  deferrals: 0,
  way: undefined,
  mark: undefined,
  waitingFor: undefined,
  code: undefined,
  reply: undefined,
  refused: [],
  fromRewritten: undefined,
  original: undefined,
  copy: undefined,
  drafted: false,
  resendable: false,
  sentAt: undefined,
  endedAt: undefined,
  owes: [],
  stored: false,
});

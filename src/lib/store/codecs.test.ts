import { describe, expect, test } from 'vitest';
import { asStored, entry, mailbox, mailboxId, withColumn } from '../../../test/support/rows.ts';
import { storedCode } from '../error-codes.ts';
import { isBrokerError } from '../errors.ts';
import { cursorLimits, decodeCursor, encodeCursor } from './rows/cursor-row.ts';
import { decodeJob, encodeJob, newJob, stopJob } from './rows/job-row.ts';
import { decodeMailbox, encodeMailbox } from './rows/mailbox-row.ts';
import { decodeOutbox, encodeOutbox } from './rows/outbox-row.ts';
import { decodeRecentMessages, encodeRecentMessages, mostRecentMessages } from './rows/recent-messages-row.ts';
import { decodeDead, decodeRetry, encodeDead, encodeRetry } from './rows/retry-row.ts';
import type {
  Backfill,
  CursorRow,
  DeadRow,
  JobRow,
  OutboxRow,
  RecentMessagesRow,
  RetryRow,
  ShardRow,
  StateRow,
  UidGap,
} from './rows/rows.ts';
import { decodeShard, encodeShard, newShard } from './rows/shard-row.ts';
import { decodeState, encodeState } from './rows/state-row.ts';
import { storedBytes } from './table/row-size.ts';
import type { Row, StoredRow } from './table/table.ts';

const at = new Date('2026-11-22T10:11:12.345Z');

const shard: ShardRow = {
  owner: 'AbCdEfGhIjKlMnOp',
  epoch: 5_000_000_000,
  seq: 12,
  until: at,
  tick: 2_900_000_000,
  intervalSeconds: 60,
  starts: 2,
  current: { mailboxId, folderId: 'fAbCdEf1', uid: 4294967295, deaths: 1 },
  sched: Array.from({ length: 64 }, (_, i) => {
    return { nextDue: 4294967295 - i, lastOk: i, interval: 3600, failures: i % 3, eager: i * 4 };
  }),
  flags: 31,
  hours: [{ hour: 498_000, delivered: 7, failed: 1, dead: 0 }],
};

const state: StateRow = {
  mailboxId,
  state: 'throttled',
  code: 'imap_throttled',
  since: at,
  backoffUntil: new Date('2026-11-22T10:41:12Z'),
  served: 4_294_967_296,
  told: 'degraded',
  habit: { hour: 498_000, halvedOn: 20_750, days: Array.from({ length: 48 }, (_, slot) => (slot * 7) % 256) },
};

const uidGap: UidGap = { from: 4294967290, to: 4294967295, tries: 3, since: at, seen: true };

const cursor: CursorRow = {
  mailboxId,
  folderId: 'fAbCdEf1',
  path: 'INBOX/Projekte/Süd — 北京',
  role: 'archive',
  uidValidity: 4294967295n,
  lastUid: 4294967290,
  acked: [4294967292, 4294967294],
  uidGaps: [uidGap, { from: 1, to: 1, tries: 0, since: new Date(0), seen: false }],
  fresh: [
    entry(7, 20_000, { posted: true, seen: true }),
    entry(8, 20_001, { accepted: true, answered: true, gone: 'missing' }),
  ],
  uidNextSeen: 4294967295,
  messages: 120_000,
  unseen: 3,
  lastInternalDate: at,
  deliveredAt: at,
  deliveredAfterSeconds: 4_294_967_294,
  flagsAt: at,
  headSince: at,
  retries: 100,
  retryAt: at,
  baselineFrom: at,
  backfill: {
    uid: 4294967295,
    at,
    fromUid: 4294967294,
    done: 4294967295,
    total: 4294967295,
    countedFrom: new Date(0),
    spell: { since: at, last: at, doneBefore: 4294967295 },
    failingSince: at,
    missing: uidGap,
  },
};

const recent: RecentMessagesRow = {
  mailboxId,
  folderId: 'fAbCdEf1',
  uidValidity: 1n,
  entries: [entry(7, 20_000), entry(4294967295, 65_535, { posted: true, accepted: true, flagged: true })],
  floor: 19_999,
};

const outbox: OutboxRow = { mailboxId, id: 'e_AbC-_9', type: 'mailbox.connected', at, data: '{"state":"active"}' };

const { key, hash, day } = entry(42, 20_000);
const mark = { mailboxId, folderId: 'fAbCdEf1', uidValidity: 4294967295n, uid: 42, key, hash, day };

const retry: RetryRow = {
  ...mark,
  attempts: 4,
  tries: 90,
  reason: 'destination_refused_message',
  status: 422,
  failedAt: at,
  nextAt: at,
  missing: 2,
  variant: 'metadata',
  replay: 4_294_967_296,
};

const dead: DeadRow = { ...mark, reason: 'message_deadly', status: undefined, attempts: 0, at, replay: 3 };

const job: JobRow = {
  mailboxId,
  id: 'j_AbC-_9',
  kind: 'since',
  number: 4_294_967_296,
  at,
  since: new Date('2026-01-01T00:00:00Z'),
  force: true,
  progress: {
    folderId: 'fAbCdEf1',
    place: { uidValidity: 4294967295n, uid: 4294967295 },
    done: [7, 4294967295],
    upTo: at,
    delivered: 120_000,
    failed: 2,
    failedAt: at,
  },
};

const bare = {
  mailbox: {
    ...mailbox,
    login: 'other@contoso.example',
    grant: { kind: 'app', tid: mailbox.grant.tid },
    shared: true,
    paused: true,
    deletedAt: at,
    label: undefined,
    ownerRef: 'übe"r',
    syncFrom: undefined,
    folders: [{ id: 'fAbCdEf1', path: 'Kunden', role: undefined }],
  },
  state: { ...state, state: 'active', code: '', backoffUntil: undefined },
  cursor: {
    ...cursor,
    role: undefined,
    acked: [],
    uidGaps: [],
    fresh: [],
    lastInternalDate: undefined,
    deliveredAt: undefined,
    deliveredAfterSeconds: undefined,
    flagsAt: undefined,
    headSince: undefined,
    retryAt: undefined,
    baselineFrom: undefined,
  },
  recent: { ...recent, entries: [], floor: undefined },
  retry: { ...retry, status: undefined, replay: undefined },
  dead: { ...dead, replay: undefined },
  job: newJob(mailboxId, { kind: 'since', since: at, force: false }, 3, at),
  one: newJob(mailboxId, { kind: 'dead', key }, 4, at),
  all: newJob(mailboxId, { kind: 'dead' }, 5, at),
} as const;

const cases: [string, unknown, Row, (row: StoredRow) => unknown][] = [
  ['a shard', shard, encodeShard(7, shard), decodeShard],
  ['a new shard', newShard, encodeShard(7, newShard), decodeShard],
  ['a mailbox', mailbox, encodeMailbox(mailbox), decodeMailbox],
  ['a removed mailbox of an app-only grant', bare.mailbox, encodeMailbox(bare.mailbox), decodeMailbox],
  ['a state', state, encodeState(state), decodeState],
  ['a state in which all is well', bare.state, encodeState(bare.state), decodeState],
  ['a cursor', cursor, encodeCursor(cursor), decodeCursor],
  ['a cursor at its beginning', bare.cursor, encodeCursor(bare.cursor), decodeCursor],
  ['a row of recent messages', recent, encodeRecentMessages(recent), decodeRecentMessages],
  ['an empty row of recent messages', bare.recent, encodeRecentMessages(bare.recent), decodeRecentMessages],
  ['an event', outbox, encodeOutbox(outbox), decodeOutbox],
  ['a message that is tried again', retry, encodeRetry(retry), decodeRetry],
  ['one that was never given up', bare.retry, encodeRetry(bare.retry), decodeRetry],
  ['a message that was given up', dead, encodeDead(dead), decodeDead],
  ['one that was never replayed', bare.dead, encodeDead(bare.dead), decodeDead],
  ['a replay since a time', job, encodeJob(job), decodeJob],
  ['one that has just been asked for', bare.job, encodeJob(bare.job), decodeJob],
  ['the wish to give replays up', stopJob(mailboxId, 4, at), encodeJob(stopJob(mailboxId, 4, at)), decodeJob],
  ['a replay of one message', bare.one, encodeJob(bare.one), decodeJob],
  ['a replay of all that was given up', bare.all, encodeJob(bare.all), decodeJob],
];

test.each(cases)('%s comes back as it was written', (_name, value, row, decode) => {
  expect(row.partitionKey).toBe('s0007');
  expect(decode(asStored(row))).toEqual(value);
});

test.each(cases)('%s of a newer version is left alone', (_name, _value, row, decode) => {
  expect(() => decode(withColumn(row, 'v', 3))).toThrow(expect.objectContaining({ code: 'row_newer' }));
});

describe('a broken row is an error that names the row and the column, never the value', () => {
  const broken: [string, Row, string, StoredRow['values'][string], (row: StoredRow) => unknown][] = [
    ['no version', encodeShard(7, shard), 'v', undefined, decodeShard],
    [
      'the version whose hashes are over the Message-ID alone',
      encodeRecentMessages(recent),
      'v',
      1,
      decodeRecentMessages,
    ],
    ['the same of a cursor', encodeCursor(cursor), 'v', 1, decodeCursor],
    ['the same of a message that is tried again', encodeRetry(retry), 'v', 1, decodeRetry],
    ['the same of one that was given up', encodeDead(dead), 'v', 1, decodeDead],
    ['a version that is text', encodeState(state), 'v', 'secret', decodeState],
    ['a missing column', encodeMailbox(mailbox), 'address', undefined, decodeMailbox],
    ['another type', encodeCursor(cursor), 'lastUid', 7, decodeCursor],
    ['a UID beyond 32 bits', encodeCursor(cursor), 'lastUid', 4294967296n, decodeCursor],
    ['a negative UID', encodeCursor(cursor), 'uidNext', -1n, decodeCursor],
    ['an unknown state', encodeState(state), 'state', 'secret', decodeState],
    ['an unknown role', encodeCursor(cursor), 'role', 'secret', decodeCursor],
    ['half a slot', encodeShard(7, shard), 'sched', new Uint8Array(1023), decodeShard],
    ['too few slots', encodeShard(7, shard), 'sched', new Uint8Array(16), decodeShard],
    ['half an entry', encodeRecentMessages(recent), 'entries', new Uint8Array(31), decodeRecentMessages],
    ['too many entries', encodeRecentMessages(recent), 'entries', new Uint8Array(32 * 1025), decodeRecentMessages],
    ['too many UID gaps', encodeCursor(cursor), 'holes', new Uint8Array(16 * 65), decodeCursor],
    ['folders that are no JSON', encodeMailbox(mailbox), 'folders', '[secret', decodeMailbox],
    ['folders of another form', encodeMailbox(mailbox), 'folders', '[["secret"]]', decodeMailbox],
    ['a slot that no shard has', encodeMailbox(mailbox), 'slot', 64, decodeMailbox],
    ['a replay of no message', encodeJob(bare.one), 'key', new Uint8Array(15), decodeJob],
    ['a replay of another kind', encodeJob(job), 'kind', 'secret', decodeJob],
    ['a place that is none', encodeJob(job), 'place', '["secret"]', decodeJob],
    ['an event without a time', encodeOutbox(outbox), 'at', 'secret', decodeOutbox],
  ];

  test.each(broken)('%s', (_name, row, column, value, decode) => {
    try {
      decode(withColumn(row, column, value));
      expect.unreachable();
    } catch (error) {
      if (!isBrokerError(error, 'row_broken')) throw error;
      expect(error.message).toContain(`${row.partitionKey} ${row.rowKey}`);
      expect(error.message).toContain(column);
      expect(error.message).not.toContain('secret');
    }
  });

  test('a key that is of another kind', () => {
    const row = encodeState(state);
    expect(() => decodeMailbox(asStored({ ...row, values: encodeMailbox(mailbox).values }))).toThrow(
      expect.objectContaining({ code: 'row_broken' }),
    );
  });
});

describe('rows stay small, since a poll reads them all', () => {
  test('a mailbox fits in 1 KB', () => {
    expect(storedBytes(encodeMailbox({ ...mailbox, deletedAt: at, paused: true }))).toBeLessThanOrEqual(1024);
  });

  test('a state fits in half a KB', () => {
    const longest: StateRow = { ...state, state: 'reconnect_required', code: storedCode('x'.repeat(40)) };
    expect(storedBytes(encodeState(longest))).toBeLessThanOrEqual(512);
  });

  test('a first sync that has not begun takes its place among them', () => {
    const fresh: Backfill = {
      uid: 7,
      at: undefined,
      fromUid: 0,
      done: 0,
      total: 0,
      countedFrom: undefined,
      spell: undefined,
      failingSince: undefined,
      missing: undefined,
    };
    expect(decodeCursor(asStored(encodeCursor({ ...cursor, backfill: fresh }))).backfill).toEqual(fresh);
    expect(decodeCursor(asStored(encodeCursor({ ...cursor, backfill: undefined }))).backfill).toBeUndefined();
  });

  test('a full cursor fits in four and a half KB, with a path of 100 characters', () => {
    const full: CursorRow = {
      ...cursor,
      path: 'x'.repeat(100),
      acked: Array.from({ length: cursorLimits.acked }, (_, i) => 4294967000 + i),
      uidGaps: Array.from({ length: cursorLimits.uidGaps }, () => uidGap),
      fresh: Array.from({ length: cursorLimits.fresh }, (_, i) => entry(i, 20_000)),
    };
    expect(storedBytes(encodeCursor(full))).toBeLessThanOrEqual(4608);
    expect(decodeCursor(asStored(encodeCursor(full)))).toEqual(full);
  });

  test('a full row of recent messages takes 32 bytes an entry, below what a column may hold', () => {
    const full = { ...recent, entries: Array.from({ length: mostRecentMessages }, (_, i) => entry(i, 20_000)) };
    expect(encodeRecentMessages(full).values.entries).toHaveLength(32 * 1024);
  });

  test('a shard takes 16 bytes a slot', () => {
    expect(encodeShard(7, shard).values.sched).toHaveLength(1024);
  });
});

test('a list longer than a row can hold is not written', () => {
  const long = (count: number) => Array.from({ length: count }, (_, i) => entry(i, 1));
  expect(() => encodeCursor({ ...cursor, fresh: long(65) })).toThrow(RangeError);
  expect(() => encodeCursor({ ...cursor, uidGaps: long(65).map(() => uidGap) })).toThrow(RangeError);
  expect(() => encodeCursor({ ...cursor, acked: long(129).map(({ uid }) => uid) })).toThrow(RangeError);
  expect(() => encodeRecentMessages({ ...recent, entries: long(1025) })).toThrow(RangeError);
});

test('the same replay asked for twice is one job, and another is another', () => {
  const ids = [
    newJob(mailboxId, { kind: 'dead' }, 1, at),
    newJob(mailboxId, { kind: 'dead', key }, 1, at),
    newJob(mailboxId, { kind: 'dead', key: hash }, 1, at),
    newJob(mailboxId, { kind: 'since', since: at, force: false }, 1, at),
    newJob(mailboxId, { kind: 'since', since: at, force: true }, 1, at),
    newJob(mailboxId, { kind: 'since', since: new Date(0), force: false }, 1, at),
  ].map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(newJob(mailboxId, { kind: 'dead', key: key.slice() }, 9, new Date()).id).toBe(ids[1]);
  expect(newJob(mailboxId, { kind: 'since', since: new Date(at), force: false }, 9, new Date()).id).toBe(ids[3]);
});

test('tries of a UID gap stop at what a byte holds', () => {
  const many = { ...cursor, uidGaps: [{ ...uidGap, tries: 1000 }] };
  expect(decodeCursor(asStored(encodeCursor(many))).uidGaps[0]?.tries).toBe(255);
});

import { expect, test } from 'vitest';
import vectors from '../../../test/vectors.json' with { type: 'json' };
import { encodeUids } from '../store/rows/cursor-row.ts';
import {
  addressKey,
  cursorRowKey,
  jobRowKey,
  mailboxRowKey,
  messageRowKey,
  outboxRowKey,
  recentMessagesRowKey,
  settingsRowKey,
  stateRowKey,
} from '../store/rows/keys.ts';
import { entryFromBytes, entryToBytes } from '../store/rows/recent-message-entry.ts';
import { dayOf } from '../store/rows/recent-messages-row.ts';
import { encodeSched } from '../store/rows/shard-row.ts';
import { encodeUidGaps } from '../store/rows/uid-gap-column.ts';
import { encodeSlots } from '../store/shard/directory.ts';
import { base64url, fromBase64url } from './bytes.ts';
import {
  deliveryId,
  eventId,
  jobId,
  messageKey,
  messageKeyBytes,
  messageKeyFromBytes,
  parseDeliveryId,
  pathFolderId,
  shardKey,
  shardNumber,
  shardOfMailbox,
} from './ids.ts';
import { fingerprint, messageHash } from './mail/message-identity.ts';

/**
 * Ids, hashes, keys and packed columns are in tables and in receivers' databases for good: whatever changes one of these
 * loses or doubles mail. The values were computed by another program, test/vectors.py. Sealed values, tickets, keys
 * and references are compared by the tests beside their own code.
 */

const place = {
  mailboxId: vectors.mailboxId,
  folderId: vectors.folderId,
  uidValidity: BigInt(vectors.uidValidity),
  uid: vectors.uid,
};
const mail = {
  messageId: vectors.messageIdHeader,
  date: vectors.dateHeader,
  from: vectors.fromHeader,
  subject: vectors.subjectHeader,
  received: vectors.receivedHeader,
  internalDate: new Date(vectors.internalDateMs),
};

test('shards and the mailboxes in them match their vectors', () => {
  expect(shardKey(vectors.shard)).toBe(vectors.shardKey);
  expect(shardNumber(vectors.shardKey)).toBe(vectors.shard);
  expect(shardOfMailbox(vectors.mailboxId)).toBe(vectors.shard);
});

test('the key of a message matches its vectors', () => {
  expect(messageKey(place)).toBe(vectors.messageKey);
  expect(messageKeyFromBytes(messageKeyBytes(place))).toBe(vectors.messageKey);
});

test('the hash by which a message is known again matches its vectors', () => {
  const nothing = { messageId: undefined, date: undefined, from: undefined, subject: undefined };
  expect(base64url(messageHash(mail))).toBe(vectors.messageHash);
  expect(base64url(messageHash({ ...mail, received: undefined }))).toBe(vectors.messageHashWithoutReceived);
  expect(base64url(messageHash({ ...mail, ...nothing }))).toBe(vectors.messageHashWithReceivedAlone);
});

test('the fingerprint matches its vectors', () => {
  const nothing = { messageId: undefined, date: undefined };
  expect(fingerprint(mail)).toBe(vectors.fingerprint);
  expect(fingerprint({ ...mail, date: vectors.unreadableDateHeader })).toBe(vectors.fingerprintOfUnreadableDate);
  expect(fingerprint({ ...mail, ...nothing })).toBe(vectors.fingerprintWithoutMessageIdAndDate);
});

test('the id of an event matches its vectors', () => {
  expect(eventId(vectors.mailboxId, vectors.eventType, vectors.eventOccasion)).toBe(vectors.eventId);
});

test('the id of a delivery matches its vectors', () => {
  const key = messageKeyBytes(place);
  expect(deliveryId(vectors.mailboxId, key)).toBe(vectors.deliveryId);
  expect(parseDeliveryId(vectors.deliveryId)).toEqual({ mailboxId: vectors.mailboxId, key });
  for (const wrong of [
    '',
    'dlv_',
    vectors.deliveryId.slice(0, -1),
    `${vectors.deliveryId}A`,
    `dlv_${'_'.repeat(46)}`,
  ]) {
    expect(parseDeliveryId(wrong)).toBeUndefined();
  }
});

test('the id of a folder that is not watched matches its vectors', () => {
  expect(pathFolderId(vectors.folderPath)).toBe(vectors.pathFolderId);
});

test('the id of a job matches its vectors', () => {
  expect(jobId('dead', messageKeyBytes(place))).toBe(vectors.jobId);
});

test('RowKeys match their vectors', () => {
  const { mailboxId, folderId } = place;
  expect(mailboxRowKey(mailboxId)).toBe(vectors.mailboxRowKey);
  expect(stateRowKey(mailboxId)).toBe(vectors.stateRowKey);
  expect(cursorRowKey(mailboxId, folderId)).toBe(vectors.cursorRowKey);
  expect(messageRowKey('d', place)).toBe(vectors.retryRowKey);
  expect(jobRowKey(mailboxId, vectors.jobId)).toBe(vectors.jobRowKey);
  expect(outboxRowKey(mailboxId, vectors.eventId)).toBe(vectors.outboxRowKey);
  expect(settingsRowKey(mailboxId)).toBe(vectors.settingsRowKey);
  expect(recentMessagesRowKey(mailboxId, folderId)).toBe(vectors.ringRowKey);
  expect(messageRowKey('x', place)).toBe(vectors.deadRowKey);
  expect(addressKey(vectors.address)).toBe(vectors.addressKey);
});

test('an entry of the recent messages matches its vectors', () => {
  const is = (flag: string) => vectors.ringEntryFlags.includes(flag);
  const entry = {
    key: fromBase64url(vectors.messageKey.slice(2)),
    hash: fromBase64url(vectors.messageHash),
    uid: vectors.ringEntryUid,
    posted: is('posted'),
    accepted: is('accepted'),
    seen: is('seen'),
    flagged: is('flagged'),
    answered: is('answered'),
    day: vectors.ringEntryDay,
  };
  expect(base64url(entryToBytes(entry))).toBe(vectors.ringEntry);
  expect(entryFromBytes(fromBase64url(vectors.ringEntry))).toEqual(entry);
  expect(dayOf(mail.internalDate)).toBe(vectors.ringEntryDay);
});

test('a slot of a shard matches its vectors', () => {
  const [nextDue = 0, lastOk = 0, interval = 0, failures = 0] = vectors.schedSlot;
  const sched = encodeSched([{ nextDue, lastOk, interval, failures, eager: 0 }]);
  expect(base64url(sched.slice(0, 16))).toBe(vectors.schedSlotBytes);
});

test('the packed columns of a cursor match their vectors', () => {
  const { sinceMs, ...hole } = vectors.hole;
  expect(base64url(encodeUids(vectors.ackedUids))).toBe(vectors.ackedBytes);
  expect(base64url(encodeUidGaps([{ ...hole, since: new Date(sinceMs) }]))).toBe(vectors.holeBytes);
});

test('the slots of the directory match their vectors', () => {
  const slots = [{ slot: 0, mailboxId: vectors.mailboxId, since: mail.internalDate }];
  expect(encodeSlots(vectors.shard, slots).values.slots).toBe(JSON.stringify(vectors.directorySlots));
});

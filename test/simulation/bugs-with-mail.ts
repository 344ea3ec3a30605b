import { bellKinds } from './faults.ts';
import type { PlantedBug } from './plant.ts';

/** Of what is known of a message, and of what becomes of it. */
export const bugsWithMail: readonly PlantedBug[] = [
  {
    name: 'the cursor is committed before the acceptance',
    seed: 4,
    breaks: 'nothing is lost',
    changes: [
      {
        file: 'sync/delivering/deliver-backlog.ts',
        find: `    record.put(ready.entry);
`,
        put: `    record.put(ready.entry);
    record.settle(ready.uid, context.now());
`,
      },
    ],
  },
  {
    name: 'the cursor passes what SEARCH leaves out',
    seed: 52,
    breaks: 'nothing is lost',
    changes: [
      {
        file: 'sync/state/uid-progress.ts',
        find: `    if (gaps.length === 0) return [];`,
        put: `    return [];`,
      },
    ],
  },
  {
    name: 'the cursor passes what FETCH does not answer',
    seed: 32,
    breaks: 'nothing is lost',
    changes: [
      {
        file: 'sync/state/uid-progress.ts',
        find: `      const closed = setUidGaps(
        openUidGaps(cursor.uidGaps, { ranges: [{ from: uid, to: uid }], sort: 'missing' }, now),
      );`,
        put: `      const closed: readonly UidGap[] = [];`,
      },
    ],
  },
  {
    name: 'an entry is made when its message is settled, not before it is posted',
    seed: 1,
    breaks: 'no POST before its entry is committed',
    changes: [
      {
        file: 'sync/delivering/deliver-backlog.ts',
        find: `    record.put(ready.entry);
`,
        put: ``,
      },
    ],
  },
  {
    name: 'the own recent messages of a folder are not looked into when a message comes back to it',
    seed: 124,
    breaks: 'one key for one message',
    changes: [
      {
        file: 'sync/state/claim.ts',
        find: `  const candidates = mailbox.folders
    .filter(takesPart)`,
        put: `  const candidates = mailbox.folders
    .filter((record) => record !== here && takesPart(record))`,
      },
    ],
  },
  {
    name: 'a mail is known again by its Message-ID alone',
    seed: 34,
    breaks: 'nothing is lost',
    changes: [
      {
        file: 'domain/mail/message-identity.ts',
        find: `return purposeHash('message-hash', ...headers, arrival === '' ? seconds(identity) : arrival).slice(0, 8);`,
        put: `return purposeHash('message-hash', ...headers.slice(0, 1)).slice(0, 8);`,
      },
    ],
  },
  {
    name: 'a mail is known again by what its sender says of it',
    seed: 143,
    breaks: 'nothing is lost',
    changes: [
      {
        file: 'domain/mail/message-identity.ts',
        find: `return purposeHash('message-hash', ...headers, arrival === '' ? seconds(identity) : arrival).slice(0, 8);`,
        put: `return purposeHash('message-hash', ...headers).slice(0, 8);`,
      },
    ],
  },
  {
    name: 'a mail is known again by its date of arrival, which some servers change when it is moved',
    seed: 13,
    breaks: 'one key for one message',
    changes: [
      {
        file: 'domain/mail/message-identity.ts',
        find: `return purposeHash('message-hash', ...headers, arrival === '' ? seconds(identity) : arrival).slice(0, 8);`,
        put: `return purposeHash('message-hash', ...headers, seconds(identity)).slice(0, 8);`,
      },
    ],
  },
  {
    name: 'mails whose headers the server does not give are one and the same',
    seed: 553,
    breaks: 'nothing is lost',
    changes: [
      {
        file: 'domain/mail/message-identity.ts',
        find: `export const hasHash = (hash: Uint8Array): boolean => !sameBytes(hash, noHash);`,
        put: `export const hasHash = (hash: Uint8Array): boolean => hash.length > 0;`,
      },
    ],
  },
  {
    name: 'a message that is known and was never accepted is passed over after a reset',
    seed: 950,
    without: bellKinds,
    breaks: 'nothing is lost',
    changes: [
      {
        file: 'sync/folder/recover.ts',
        find: `      if (isOwed(found, entry)) deliver.push(uid);
      else known.add(uid);`,
        put: `      known.add(uid);`,
      },
    ],
  },
  {
    name: 'a move leaves the row of a message behind that is being tried again',
    seed: 438,
    breaks: 'nothing is lost',
    changes: [
      {
        file: 'sync/delivering/take-over.ts',
        find: `        mailbox.putRetryItem({ kind: 'retry', row: { ...retryItem.row, ...position, missing: 0 } });`,
        put: ``,
      },
    ],
  },
  {
    name: 'a message that fails gives way to those behind it at once',
    seed: 5,
    breaks: 'order',
    changes: [
      {
        file: 'sync/delivering/deliver-backlog.ts',
        find: `if (!isHeld) return failingMs >= headLimitMs;`,
        put: `if (!isHeld) return true;`,
      },
    ],
  },
  {
    name: 'acceptances are committed at the end of a turn only',
    seed: 46,
    breaks: 'nothing is sent again without need',
    changes: [
      {
        file: 'sync/delivering/deliver-backlog.ts',
        find: `      record.put({ ...ready.entry, accepted: true });
      source.settle(ready.uid, ready.message.meta.internalDate);
      return true;`,
        put: `      later.push(() => {
        record.put({ ...ready.entry, accepted: true });
        source.settle(ready.uid, ready.message.meta.internalDate);
      });
      return true;`,
      },
      {
        file: 'sync/delivering/deliver-backlog.ts',
        find: `  async function lane(): Promise<void> {`,
        put: `  const later: (() => void)[] = [];
  async function lane(): Promise<void> {`,
      },
      {
        file: 'sync/delivering/deliver-backlog.ts',
        find: `  if (broken !== undefined) throw broken.error;`,
        put: `  for (const done of later) done();
  await committer.commit(mailbox);
  if (broken !== undefined) throw broken.error;`,
      },
    ],
  },
  {
    name: 'changed flags are not told',
    seed: 5,
    breaks: 'what is told is true',
    changes: [
      {
        file: 'sync/folder/changes.ts',
        find: `      tellFlags(at, entry, {`,
        put: `      if (now.getTime() < 0) tellFlags(at, entry, {`,
      },
    ],
  },
  {
    name: 'what was posted with other flags or from another place is not told again',
    seed: 5,
    breaks: 'what is told is true',
    changes: [
      {
        file: 'sync/state/compare.ts',
        find: `entry.posted && (isElsewhere || !hasFlags(entry, flags));`,
        put: `isElsewhere && !entry.posted;`,
      },
    ],
  },
  {
    name: 'a filter decides anew of a message that was posted once',
    seed: 178,
    breaks: 'nothing is lost',
    changes: [
      {
        file: 'sync/delivering/identify.ts',
        find: `    if (known.posted) return { kind: 'known' };`,
        put: ``,
      },
    ],
  },
  {
    name: 'a changed filter lets out what the one before kept back, when a folder is renumbered',
    // It takes a change of the filter and a folder that is renumbered, one soon after the other: a world with little else.
    seed: 138,
    without: [
      ...bellKinds,
      ...(['stall', 'night', 'requestLost', 'requestSlow', 'storeOutage', 'imapRefusal', 'folderGone'] as const),
      ...(['receiverDown', 'tokenTrouble', 'grantDead', 'toSelf', 'pause', 'erase', 'reconnect'] as const),
      ...(['connectTwice', 'replay', 'lull', 'repeat', 'imitate', 'headerless'] as const),
    ],
    breaks: 'what a filter keeps back stays in the mailbox',
    changes: [
      {
        file: 'sync/state/folder-record.ts',
        find: `if (lastInternalDate !== undefined) recent.raiseFloor(dayOf(lastInternalDate));`,
        put: `if (lastInternalDate === undefined) recent.raiseFloor(dayOf(new Date(0)));`,
      },
    ],
  },
];

import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { settled, virtualClock } from '../../../../test/support/virtual-clock.ts';
import type { AttachmentPlace } from '../../access/attachment-token.ts';
import type { MessageMeta } from '../../domain/mail/message.ts';
import { messageHash, noHash } from '../../domain/mail/message-identity.ts';
import { BrokerError, type ErrorCode } from '../../errors.ts';
import type { KnownPlace } from '../../store/mailboxes/known-places.ts';
import type { MailboxRow, WatchedFolder } from '../../store/rows/rows.ts';
import type { MailSession } from '../session/session.ts';
import { createAttachments, largestBytes, promisedFileBytes } from './attachments.ts';
import { createDownloadLimiter, downloadLimits } from './download-limiter.ts';

const day = 20_000;
const file = { filename: 'a.pdf', contentType: 'application/pdf', inline: false };
const content = Buffer.from('0123456789'.repeat(1000));

interface Mail {
  readonly uid: number;
  readonly messageId: string | undefined;
  readonly received?: string;
  readonly parts: Readonly<Record<string, Buffer>>;
  readonly day?: number;
}

interface Folder {
  uidValidity: bigint;
  mails: Mail[];
}

const mail = (uid: number, change: Partial<Mail> = {}): Mail => ({
  uid,
  messageId: '<a@x>',
  parts: { '2': content },
  ...change,
});

const metaOf = ({ uid, messageId, received = 'by mx.example id 1', day: at = day }: Mail): MessageMeta => ({
  uid,
  internalDate: new Date(at * 86_400_000 + 1000),
  size: 1,
  seen: false,
  flagged: false,
  answered: false,
  messageId,
  date: undefined,
  from: undefined,
  subject: undefined,
  received,
});

const place: AttachmentPlace = {
  mailboxId: 'mbx_0000_0123456789abcdef',
  folderId: 'finbox00',
  uidValidity: 1n,
  uid: 7,
  hash: messageHash(metaOf(mail(7))),
  day,
  part: '2',
};

function world(
  folders: Record<string, Folder>,
  options: { largestBytes?: number; statedBytes?: number; places?: readonly KnownPlace[] } = {},
) {
  const clock = virtualClock();
  const watched: WatchedFolder[] = [
    { id: 'finbox00', path: 'INBOX', role: 'inbox' },
    { id: 'fsent000', path: 'Sent', role: 'sent' },
  ];
  const row: MailboxRow = {
    id: place.mailboxId,
    address: 'ada@contoso.example',
    login: 'ada@contoso.example',
    grant: { kind: 'user', tid: 't', oid: 'o' },
    shared: false,
    slot: 0,
    folders: watched,
    destinationId: 'dst_abcdefghijkl',
    label: undefined,
    ownerRef: undefined,
    syncFrom: undefined,
    paused: false,
    deletedAt: undefined,
    createdAt: new Date(0),
    asked: 0,
  };
  const seen = { opened: 0, closed: 0, forced: 0, asked: [] as string[], reading: [] as Readable[] };
  /** What the n-th log-in, or the n-th download after some bytes, fails with. */
  const faults: { logIn: (ErrorCode | undefined)[]; download: ({ after: number; code: ErrorCode } | undefined)[] } = {
    logIn: [],
    download: [],
  };
  let exists = true;
  const at = (path: string) => {
    const folder = folders[path];
    if (folder === undefined) throw new BrokerError('folder_missing');
    return folder;
  };
  const session = (): MailSession => {
    const unused = () => Promise.reject(new Error('not asked for here'));
    return {
      alive: true,
      status: async (path) => {
        seen.asked.push(`status ${path}`);
        const { uidValidity, mails } = at(path);
        return { uidValidity, uidNext: 100, messages: mails.length, unseen: 0 };
      },
      searchBetween: async (path, from, until) => {
        seen.asked.push(`search ${path} ${from.toISOString().slice(0, 10)} ${until.toISOString().slice(0, 10)}`);
        const isBetween = ({ day: own = day }: Mail) =>
          own * 86_400_000 >= from.getTime() && own * 86_400_000 < until.getTime();
        return at(path)
          .mails.filter(isBetween)
          .map(({ uid }) => uid);
      },
      fetchTraits: unused,
      fetchFlags: unused,
      fetchMarks: unused,
      inFolder: unused,
      fetchMeta: async (path, uids) =>
        at(path)
          .mails.filter(({ uid }) => uids.includes(uid))
          .map(metaOf),
      part: async (path, uid, part) => {
        const bytes = at(path).mails.find((each) => each.uid === uid)?.parts[part];
        return bytes === undefined ? undefined : { ...file, part, size: options.statedBytes ?? bytes.length };
      },
      download: async (path, uid, part) => {
        const bytes = at(path).mails.find((each) => each.uid === uid)?.parts[part];
        if (bytes === undefined) return undefined;
        const fault = faults.download.shift();
        const stream = Readable.from(
          (async function* () {
            for (let from = 0; from < bytes.length; from += 700) {
              if (fault !== undefined && from >= fault.after) throw new BrokerError(fault.code);
              yield bytes.subarray(from, from + 700);
            }
          })(),
        );
        seen.reading.push(stream);
        return { charset: undefined, bytes: stream };
      },
      close: async () => {
        seen.closed += 1;
      },
      folders: async () =>
        Object.keys(folders).map((path) => ({
          path,
          delimiter: '/',
          role: path === 'Gesendet' ? ('sent' as const) : undefined,
          selectable: true,
        })),
      searchRange: unused,
      searchSince: unused,
      read: unused,
      release: async () => undefined,
    };
  };
  const attachments = createAttachments({
    mailbox: async () => (exists ? row : undefined),
    token: async (_, { force }) => {
      if (force) seen.forced += 1;
      return 't';
    },
    imap: {
      open: async () => {
        const fault = faults.logIn.shift();
        if (fault !== undefined) throw new BrokerError(fault);
        seen.opened += 1;
        return session();
      },
    },
    limiter: createDownloadLimiter(downloadLimits, clock),
    clock,
    ...options,
    places: async () => {
      seen.asked.push('rows');
      return options.places ?? [];
    },
  });
  return {
    attachments,
    clock,
    seen,
    faults,
    watched,
    remove: () => {
      exists = false;
    },
    read: async (change: Partial<AttachmentPlace> = {}) => {
      const opened = await attachments.open({ ...place, ...change });
      return (await buffer(opened.bytes)).toString();
    },
  };
}

const inbox = (mails = [mail(7)], uidValidity = 1n) => ({
  INBOX: { uidValidity, mails },
  Sent: { uidValidity, mails: [] },
});
const text = content.toString();

describe('the file behind a link', () => {
  it('comes whole, over one session that is closed afterwards', async () => {
    const { read, seen } = world(inbox());
    expect(await read()).toBe(text);
    expect(seen).toMatchObject({ opened: 1, closed: 1 });
    expect(seen.asked).toEqual(['status INBOX']);
  });

  it('may be empty', async () => {
    expect(await world(inbox([mail(7, { parts: { '2': Buffer.alloc(0) } })])).read()).toBe('');
  });

  it.each([
    ['the folder was renumbered', { INBOX: { uidValidity: 2n, mails: [mail(7, { messageId: '<b@x>' }), mail(9)] } }],
    ['the message moved within the folder', { INBOX: { uidValidity: 1n, mails: [mail(50)] } }],
    [
      'the message moved to another watched folder',
      { INBOX: { uidValidity: 1n, mails: [] }, Sent: { uidValidity: 1n, mails: [mail(3)] } },
    ],
    ['its folder has another name now', { Gesendet: { uidValidity: 1n, mails: [mail(3)] } }],
    ['its folder is gone', { Sent: { uidValidity: 1n, mails: [mail(3)] } }],
    [
      'a copy of its message has no such part',
      { INBOX: { uidValidity: 1n, mails: [mail(8, { parts: {} }), mail(9)] } },
    ],
  ])('is found again though %s', async (_, folders) => {
    const { read, seen } = world(folders);
    expect(await read()).toBe(text);
    expect(seen.asked.at(-1)).toMatch(/^search \w+ 2024-10-03 2024-10-06$/);
    expect(seen.closed).toBe(seen.opened);
  });

  it.each([
    ['the message is nowhere', inbox([])],
    ['it has no such part', inbox([mail(7, { parts: { '1': content } })])],
    ['its folder was renumbered, and holds another mail of that day', inbox([mail(7, { messageId: '<b@x>' })], 2n)],
    [
      'another mail of that day bears its Message-ID and was delivered by itself',
      inbox([mail(8, { received: 'by mx.example id 2' })]),
    ],
    ['all folders are gone', {}],
  ])('is gone where %s', async (_, folders) => {
    const { read, seen } = world(folders);
    await expect(read()).rejects.toMatchObject({ code: 'message_gone', status: 410 });
    expect(seen.closed).toBe(seen.opened);
  });

  it('is where the polls have seen its message since, whatever its date is by now', async () => {
    const folders = {
      INBOX: { uidValidity: 1n, mails: [] },
      Sent: { uidValidity: 3n, mails: [mail(4, { day: day + 9 })] },
    };
    const places = [
      { folderId: 'felse000', uidValidity: 3n, uid: 4 },
      { folderId: 'fsent000', uidValidity: 2n, uid: 4 },
      { folderId: 'fsent000', uidValidity: 3n, uid: 5 },
      { folderId: 'fsent000', uidValidity: 3n, uid: 4 },
    ];
    const moved = world(folders, { places });
    expect(await moved.read()).toBe(text);
    expect(moved.seen.asked.filter((each) => each.startsWith('search'))).toEqual([]);
    await expect(world(folders, { places: places.slice(0, 3) }).read()).rejects.toMatchObject({ code: 'message_gone' });
    const unmoved = world(inbox(), { places });
    expect(await unmoved.read()).toBe(text);
    expect(unmoved.seen.asked).toEqual(['status INBOX']);
  });

  it('is found only by its UID if the server never returned the headers', async () => {
    const nameless = { uid: 7, messageId: undefined, received: '', parts: { '2': content } };
    expect(await world(inbox([nameless])).read({ hash: noHash })).toBe(text);
    const moved = world(inbox([{ ...nameless, uid: 8 }]));
    await expect(moved.read({ hash: noHash })).rejects.toMatchObject({ code: 'message_gone' });
    expect(moved.seen.asked.filter((each) => each.startsWith('search'))).toEqual([]);
  });

  it('dies with its mailbox, before any token or mail server is asked', async () => {
    const { read, remove, seen } = world(inbox());
    remove();
    await expect(read()).rejects.toMatchObject({ code: 'message_gone' });
    expect(seen.opened).toBe(0);
  });

  it('is not handed out if it is too large, whatever the server says of its size', async () => {
    const { read } = world(inbox(), { largestBytes: content.length - 1 });
    await expect(read()).rejects.toMatchObject({ code: 'attachment_too_large', status: 413 });
    expect(await world(inbox(), { largestBytes: content.length }).read()).toBe(text);
    const liar = world(inbox(), { largestBytes: content.length - 1, statedBytes: 1 });
    await expect(liar.read()).rejects.toMatchObject({ code: 'attachment_too_large' });
    const honest = world(inbox(), { largestBytes: content.length, statedBytes: content.length + 1 });
    await expect(honest.read()).rejects.toMatchObject({ code: 'attachment_too_large' });
    expect(honest.seen.reading).toEqual([]);
  });
});

describe('the size that the documentation promises', () => {
  it('fits the limit on the encoded part', () => {
    const base64 = Math.ceil(promisedFileBytes / 3) * 4;
    const lineEnds = Math.ceil(base64 / 76) * 2;
    expect(base64 + lineEnds).toBeLessThanOrEqual(largestBytes);
    expect(downloadLimits.bytes).toBeGreaterThanOrEqual(largestBytes);
  });

  it('is the one that builders and callers are told', () => {
    const told = `${promisedFileBytes / 1e6} MB`;
    const page = readFileSync(new URL('../../../../docs/builder.md', import.meta.url), 'utf8');
    expect(page).toContain(`| An attachment | ${told};`);
    expect(new BrokerError('attachment_too_large').message).toContain(told);
  });
});

describe('a mail server in trouble', () => {
  it('is tried again with a fresh token where it refuses the first', async () => {
    const { read, faults, seen } = world(inbox());
    faults.logIn.push('imap_refused');
    expect(await read()).toBe(text);
    expect(seen.forced).toBe(1);
  });

  it.each([0, 700, 1400, 9800])('is asked once more where the connection breaks after %i bytes', async (after) => {
    const { read, faults, seen } = world(inbox());
    faults.download.push({ after, code: 'imap_unreachable' });
    expect(await read()).toBe(text);
    expect(seen).toMatchObject({ opened: 2, closed: 2 });
  });

  it('is not asked a third time, and what comes is cut with an error, not with an end', async () => {
    const { attachments, faults, seen } = world(inbox());
    faults.download.push({ after: 2100, code: 'imap_unreachable' }, { after: 4200, code: 'imap_unreachable' });
    const opened = await attachments.open(place);
    await expect(buffer(opened.bytes)).rejects.toMatchObject({ code: 'imap_unreachable' });
    expect(seen).toMatchObject({ opened: 2, closed: 2 });
  });

  it.each<ErrorCode>(['imap_throttled', 'imap_unexpected', 'message_gone'])(
    'is not asked again after %s',
    async (code) => {
      const { read, faults, seen } = world(inbox());
      faults.download.push({ after: 0, code });
      await expect(read()).rejects.toMatchObject({ code });
      expect(seen).toMatchObject({ opened: 1, closed: 1 });
    },
  );
});

describe('a caller', () => {
  it('a caller that disconnects ends the download and frees its place', async () => {
    const { attachments, seen } = world(inbox());
    for (let turn = 0; turn < 5; turn += 1) {
      const opened = await attachments.open(place);
      opened.bytes.destroy();
      await settled();
    }
    expect(seen.closed).toBe(5);
    expect(seen.reading.every((stream) => stream.destroyed)).toBe(true);
  });

  it('a caller that stops reading is dropped after a while', async () => {
    const large = Buffer.alloc(2_000_000);
    const { attachments, clock, seen } = world(inbox([mail(7, { parts: { '2': large } })]));
    const opened = await attachments.open(place);
    await clock.advance(150_000);
    await expect(buffer(opened.bytes)).rejects.toMatchObject({ code: 'imap_unreachable' });
    await settled();
    expect(seen.closed).toBe(1);
  });

  it('has two at once from one mailbox; the third waits for one of them', async () => {
    const large = Buffer.alloc(2_000_000);
    const { attachments, clock } = world(inbox([mail(7, { parts: { '2': large } })]));
    const first = await attachments.open(place);
    await attachments.open(place);
    const third = attachments.open(place);
    const fourth = attachments.open(place);
    const failed = expect(fourth).rejects.toMatchObject({ code: 'downloads_busy', status: 429 });
    first.bytes.destroy();
    expect((await third).file.filename).toBe('a.pdf');
    await clock.advance(4_000);
    await failed;
  });
});

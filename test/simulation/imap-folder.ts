import type { FetchAnswer } from '../../src/lib/mailbox/session/fetch-verb.ts';
import type { OpenFolder } from '../../src/lib/mailbox/session/session.ts';
import type { MailWorld, Physical, SimFolder } from './mail.ts';
import { fieldOf, headOf } from './sending/letters.ts';

/** A folder as a session has it open. */
export interface Opened {
  readonly path: string;
  readonly mode: 'read' | 'write';
  /** Carries out one command. */
  command<T>(what: string, serve: () => T): Promise<T>;
  /** The folder, if it still is what was opened. */
  folder(): SimFolder;
  /** Messages that the server answers for. */
  answered(): readonly Physical[];
}

const uidOf = ({ place }: Physical): number => place?.uid ?? 0;

/** What there is to do in a folder, as far as sending needs it. */
export async function openFolder(mail: MailWorld, opened: Opened, now: () => number): Promise<OpenFolder> {
  const { path, mode, command } = opened;
  const { uidValidity, uidNext, messages, mailbox } = await command(
    `${mode === 'read' ? 'EXAMINE' : 'SELECT'} ${path}`,
    () => ({ ...opened.folder() }),
  );
  return {
    path,
    uidValidity,
    uidNext,
    highestModseq: undefined,
    messages: messages.length,
    keepsKeywords: mailbox.keepsForwarded,
    keepsFlag: (flag) => flag !== '$Forwarded' || mailbox.keepsForwarded,
    search: absent,
    fetch: (range) =>
      command(`FETCH ${path} ${range}`, (): FetchAnswer => {
        const wanted = uidsIn(range);
        const found = opened.answered().filter((message) => wanted.has(uidOf(message)));
        return {
          messages: found.map((message) => ({
            seq: uidOf(message),
            uid: uidOf(message),
            flags: flagsOf(message),
            internalDate: message.internalDate,
            size: 1000,
            headers: message.headerlessUntil > now() ? Buffer.alloc(0) : headersOf(message),
          })),
          skippedLines: 0,
        };
      }),
    setFlags: (uids, change, flags) =>
      command(`STORE ${path} ${uids.join()} ${change} ${flags.join(' ')}`, () => {
        const wanted = new Set(uids);
        for (const message of opened.folder().messages) {
          if (change === 'add' && wanted.has(uidOf(message))) mail.store(message, flags);
        }
      }),
    append: (source) =>
      command(`APPEND ${path}`, () => {
        const raw = Buffer.from(source);
        const head = headOf(raw);
        const messageId = fieldOf(head, 'Message-ID');
        const submissionId = fieldOf(head, 'X-NocoBase-Submission');
        return uidOf(mail.append(opened.folder(), raw, { messageId, received: undefined, submissionId }));
      }),
    move: absent,
    expunge: absent,
  };
}

const absent = (): Promise<never> => Promise.reject(new Error('not simulated'));

/** The UIDs of a set such as `3,5:7`. */
function uidsIn(range: string): ReadonlySet<number> {
  return new Set(
    range.split(',').flatMap((piece) => {
      const [from = 0, to = from] = piece.split(':').map(Number);
      return Array.from({ length: to - from + 1 }, (_, at) => from + at);
    }),
  );
}

const flagsOf = ({ flags, keywords }: Physical): Set<string> =>
  new Set([
    ...(flags.seen ? ['\\Seen'] : []),
    ...(flags.flagged ? ['\\Flagged'] : []),
    ...(flags.answered ? ['\\Answered'] : []),
    ...keywords,
  ]);

function headersOf({ messageId, date, sender, subject, received, submissionId }: Physical): Buffer {
  const headers = {
    Received: received,
    'Message-ID': messageId,
    Date: date,
    From: sender,
    Subject: subject,
    'X-NocoBase-Submission': submissionId,
  };
  const lines = Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`);
}

import type { MessageMeta, MessageTraits, ReadMessage } from '../../src/lib/domain/mail/message.ts';
import { BrokerError, type ErrorCode } from '../../src/lib/errors.ts';
import type { ImapConnector, KeepableSession } from '../../src/lib/mailbox/session/session.ts';
import { noHeaders } from '../support/headerless.ts';
import { openFolder } from './imap-folder.ts';
import type { MailWorld, Physical, SimFolder } from './mail.ts';
import type { Call, Ground, SimProcess } from './process.ts';

const dayMs = 86_400_000;

/** Why a log-in does not succeed, and what the server asks for then. */
const refusals: readonly ErrorCode[] = [
  'imap_unreachable',
  'imap_throttled',
  'imap_refused',
  'imap_not_connected',
  'imap_token_expired',
  'imap_unexpected',
];

/** The way of one process to the mail servers: commands take their time, and the connection may be cut at each of them. */
export function createImap(ground: Ground, process: SimProcess, mail: MailWorld): ImapConnector<KeepableSession> {
  const { scheduler, faults, trace, dice } = ground;

  function trouble(): BrokerError {
    const code = faults.pick('imapRefusal', refusals) ?? 'imap_unreachable';
    if (code !== 'imap_throttled') return new BrokerError(code);
    return new BrokerError(code, { retry: { afterMs: Math.round(faults.size('imapRefusal', 1_000, 200_000)) } });
  }

  return {
    open({ login }, signal) {
      return process.call<KeepableSession>((call) => {
        const who = call.by?.name ?? process.name;
        const abort = () => call.fail(signal?.reason);
        if (signal?.aborted === true) return abort();
        signal?.addEventListener('abort', abort, { once: true });
        const slow = faults.strikes('imapSlow') ? faults.size('imapSlow', 500, 40_000) : 0;
        scheduler.after(slow + dice.between(2, 20), () => {
          signal?.removeEventListener('abort', abort);
          if (call.settled) return;
          if (faults.strikes('imapRefusal')) {
            const error = trouble();
            trace.note(who, () => `signs in to ${login} -- ${error.code}`);
            return call.fail(error);
          }
          call.answer(createSession(login));
        });
      });
    },
  };

  function createSession(login: string): KeepableSession {
    const mailbox = mail.mailbox(login);
    const pending = new Set<Call<never>>();
    let alive = true;
    let busyUntil = 0;
    /** What STATUS said last of each folder, and the folder that is selected. */
    const validities = new Map<string, bigint>();
    let selected: string | undefined;

    function end(): void {
      alive = false;
      const cut = [...pending];
      pending.clear();
      for (const call of cut) call.fail(new BrokerError('imap_unreachable'));
    }

    function command<T>(what: string, serve: () => T): Promise<T> {
      return process.call<T>((call) => {
        const who = call.by?.name ?? process.name;
        if (!alive) {
          scheduler.after(0, () => call.fail(new BrokerError('imap_unreachable')));
          return;
        }
        pending.add(call);
        const slow = faults.strikes('imapSlow') ? faults.size('imapSlow', 500, 25_000) : 0;
        // One after the other.
        const at = Math.max(scheduler.now(), busyUntil) + slow + dice.between(1, 8);
        busyUntil = at;
        scheduler.after(at - scheduler.now(), () => {
          if (!alive) return;
          if (faults.strikes('imapCut')) {
            trace.note(who, () => `${what} -- cut`);
            return end();
          }
          if (faults.strikes('imapRefusal')) {
            const error = trouble();
            trace.note(who, () => `${what} -- ${error.code}`);
            pending.delete(call);
            call.fail(error);
            return end();
          }
          pending.delete(call);
          try {
            const answer = serve();
            trace.note(who, () => `${what}: ${brief(answer)}`);
            call.answer(answer);
          } catch (error) {
            trace.note(who, () => `${what} -- ${error instanceof BrokerError ? error.code : String(error)}`);
            call.fail(error);
          }
        });
      });
    }

    const folderAt = (path: string): SimFolder => {
      const folder = mailbox.folders.get(path);
      if (folder?.exists !== true) throw new BrokerError('folder_missing');
      return folder;
    };
    const name = (path: string) => `${login.split('@')[0]} ${path}`;
    /** A folder that is renumbered while it is selected ends the connection; before, its selection is refused. */
    const select = (path: string): SimFolder => {
      const folder = folderAt(path);
      const known = validities.get(path);
      if (known !== undefined && known !== folder.uidValidity) {
        if (selected === path) end();
        selected = undefined;
        throw new BrokerError(alive ? 'imap_unexpected' : 'imap_unreachable');
      }
      selected = path;
      return folder;
    };
    const listed = (path: string) =>
      select(path).messages.filter((message) => message.unlistedUntil <= scheduler.now());
    const answered = (path: string) =>
      select(path).messages.filter((message) => message.unansweredUntil <= scheduler.now());

    return {
      get alive() {
        return alive;
      },
      status: (path) =>
        command(`STATUS ${name(path)}`, () => {
          const { uidNext, uidValidity, messages } = folderAt(path);
          validities.set(path, uidValidity);
          return {
            uidNext,
            uidValidity,
            messages: messages.length,
            unseen: messages.filter(({ flags }) => !flags.seen).length,
          };
        }),
      folders: () =>
        command('LIST', () =>
          [...mailbox.folders.values()]
            .filter((folder) => folder.exists)
            .map(({ path, role }) => ({ path, role, delimiter: '/', selectable: true })),
        ),
      searchRange: (path, from, to) =>
        command(`SEARCH ${name(path)} ${from}:${to}`, () =>
          listed(path)
            .map(uidOf)
            .filter((uid) => uid >= from && uid <= to),
        ),
      searchSince: (path, day) =>
        command(`SEARCH ${name(path)} SINCE ${day.toISOString().slice(0, 10)}`, () => {
          const from = Math.floor(day.getTime() / dayMs) * dayMs;
          return listed(path)
            .filter((message) => message.internalDate.getTime() >= from)
            .map(uidOf);
        }),
      searchBetween: (path, from, to) =>
        command(
          `SEARCH ${name(path)} SINCE ${from.toISOString().slice(0, 10)} BEFORE ${to.toISOString().slice(0, 10)}`,
          () => {
            const day = (date: Date) => Math.floor(date.getTime() / dayMs);
            return listed(path)
              .filter(({ internalDate }) => day(internalDate) >= day(from) && day(internalDate) < day(to))
              .map(uidOf);
          },
        ),
      fetchMeta: (path, uids) =>
        command(`FETCH ${name(path)} ${uids.join(',')}`, () => {
          const wanted = new Set(uids);
          return answered(path)
            .filter((message) => wanted.has(uidOf(message)))
            .map((message) =>
              message.headerlessUntil > scheduler.now() ? { ...metaOf(message), ...noHeaders } : metaOf(message),
            );
        }),
      fetchTraits: (path, metas) =>
        command(`TRAITS ${name(path)} ${metas.map(({ uid }) => uid).join(',')}`, () => {
          const there = new Map(answered(path).map((message) => [uidOf(message), contentOf(message, metaOf(message))]));
          return new Map(
            metas.map(({ uid }) => {
              const found = there.get(uid);
              const traits: MessageTraits = {
                from: found?.from && [found.from.address],
                to: found?.to.map(({ address }) => address),
                subject: found?.subject,
                autoReply: found?.autoReply,
                hasAttachment: found && found.attachments.length > 0,
              };
              return [uid, traits];
            }),
          );
        }),
      fetchFlags: (path, uids) =>
        command(`FLAGS ${name(path)} ${uids.join(',')}`, () => {
          const wanted = new Set(uids);
          return answered(path)
            .filter((message) => wanted.has(uidOf(message)))
            .map((message) => ({ uid: uidOf(message), ...message.flags }));
        }),
      read: (path, meta) =>
        command(`READ ${name(path)} ${meta.uid}`, () => {
          const message = answered(path).find((one) => uidOf(one) === meta.uid);
          return message === undefined ? undefined : contentOf(message, meta);
        }),
      release: () =>
        command(`UNSELECT ${login.split('@')[0]}`, () => {
          selected = undefined;
        }),
      setAside: () => {},
      inFolder: async (path, mode, work) => {
        const folder = () => {
          const found = select(path);
          validities.set(path, found.uidValidity);
          return found;
        };
        const opened = { path, mode, command, folder, answered: () => answered(path) };
        return work(await openFolder(mail, opened, scheduler.now));
      },
      fetchMarks: (path, uids) =>
        command(`MARKS ${name(path)} ${uids.join(',')}`, () => {
          const wanted = new Set(uids);
          return answered(path)
            .filter((message) => wanted.has(uidOf(message)))
            .map((message) => ({ ...metaOf(message), submissionId: message.submissionId }));
        }),
      part: absent,
      download: absent,
      close: () =>
        process.call<void>((call) => {
          end();
          scheduler.after(dice.between(0, 3), () => call.answer(undefined));
        }),
    };
  }
}

/** What the engine has no use for. */
const absent = (): Promise<never> => Promise.reject(new Error('not simulated'));

const uidOf = (message: Physical): number => message.place?.uid ?? 0;

function metaOf(message: Physical): MessageMeta {
  return {
    uid: uidOf(message),
    internalDate: message.internalDate,
    size: 1000,
    ...message.flags,
    messageId: message.messageId,
    date: message.date,
    from: message.sender,
    subject: message.subject,
    received: message.received,
    ...(message.submissionId === undefined ? {} : { submissionId: message.submissionId }),
  };
}

/** The recipient tells which message it is, to us: the engine compares no recipients. */
function contentOf(message: Physical, meta: MessageMeta): ReadMessage {
  return {
    meta,
    messageId: message.messageId,
    inReplyTo: undefined,
    references: [],
    subject: message.subject,
    from: { name: '', address: message.sender },
    to: [{ name: '', address: `m${message.id}@sim.example` }],
    cc: [],
    bcc: [],
    replyTo: [],
    date: new Date(message.date),
    text: '',
    html: undefined,
    truncated: [],
    attachments: [],
    autoReply: message.bounce !== undefined,
    ...bounceOf(message.bounce),
    calendar: undefined,
  };
}

function bounceOf(bounce: Physical['bounce']): Pick<ReadMessage, 'bounce' | 'returnedSubmissionId'> {
  const [first] = bounce?.recipients ?? [];
  if (bounce === undefined || first === undefined) return { bounce: undefined };
  const told = { ...first, recipients: bounce.recipients };
  return bounce.names === 'header'
    ? { bounce: told, returnedSubmissionId: bounce.submissionId }
    : { bounce: { ...told, originalMessageId: bounce.messageId } };
}

/** What an answer says, for the trace. */
function brief(answer: unknown): string {
  if (Array.isArray(answer)) return answer.map((one: unknown) => brief(one)).join(' ') || 'none';
  if (typeof answer === 'number') return String(answer);
  if (typeof answer !== 'object' || answer === null) return answer === undefined ? 'none' : String(answer);
  if ('uidNext' in answer && 'uidValidity' in answer) return `next ${answer.uidNext} of ${answer.uidValidity}`;
  if ('to' in answer && Array.isArray(answer.to))
    return (answer.to as { address: string }[]).map((one) => one.address.split('@')[0]).join(' ');
  return 'uid' in answer ? String(answer.uid) : 'done';
}

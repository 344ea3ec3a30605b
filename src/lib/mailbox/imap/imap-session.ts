import { Socket } from 'node:net';
import type { ImapFlow } from 'imapflow';
import type { Clock } from '../../domain/clock.ts';
import { withDeadline } from '../../domain/with-deadline.ts';
import { BrokerError } from '../../errors.ts';
import { downloadPart } from '../fetch/download-part.ts';
import { fetchFlags } from '../fetch/fetch-flags.ts';
import { fetchMarks } from '../fetch/fetch-marks.ts';
import { fetchMeta } from '../fetch/fetch-meta.ts';
import { fetchTraits } from '../fetch/fetch-traits.ts';
import { createReadAhead } from '../fetch/read-ahead.ts';
import { readMessage } from '../fetch/read-message.ts';
import { readPart } from '../fetch/read-part.ts';
import { asksFor } from '../fetch/read-parts.ts';
import { createThreadSearch, type ThreadFolder, type ThreadMemory } from '../fetch/thread-search.ts';
import { withCommandDeadline } from '../session/command-deadline.ts';
import { isAboutSession, understand } from '../session/exchange.ts';
import { type FetchVerb, joined } from '../session/fetch-verb.ts';
import { field, type ImapWatch } from '../session/imap-watch.ts';
import type { KeepableSession } from '../session/session.ts';
import { translate } from '../session/translate.ts';
import { askStatus } from './ask-status.ts';
import { folderInfo } from './folders.ts';
import { createOpenFolder } from './open-folder.ts';

export interface ImapSessionParts {
  /** Connected and logged in. */
  readonly client: ImapFlow;
  readonly watch: ImapWatch;
  readonly clock: Clock;
  readonly commandMs: number;
  readonly socketMs: number;
  readonly login: string;
  readonly threads: ThreadMemory;
}

const logoutMs = 2_000;
// Longer than this no mail waits for what is nice to know; the connection is given up then.
const threadMs = 10_000;

/** The session over one connection; see {@link ImapSession}. */
export function createImapSession(parts: ImapSessionParts): KeepableSession {
  const { client, watch, clock, commandMs, socketMs } = parts;
  // One folder is selected at a time, so calls wait for each other.
  let last: Promise<unknown> = Promise.resolve();
  // Until a download has been read to its end it has the folder to itself.
  let busy: Promise<void> = Promise.resolve();
  let selected: string | undefined;
  let isWritable = false;
  const validities = new Map<string, bigint>();
  const ahead = createReadAhead();

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const run = async () => {
      watch.forget();
      try {
        return await work();
      } catch (error) {
        throw translate(error, 'command', client, watch);
      }
    };
    const result = last.then(run, run);
    last = result.then(
      () => busy,
      () => undefined,
    );
    return result;
  };

  const command = <T>(work: Promise<T>): Promise<T> => withCommandDeadline(commandMs, work, () => client.close());

  /** For what imapflow answers in place of throwing: the refusal that it kept to itself, or the end of the connection. */
  const swallowed = (): BrokerError => {
    const refusal = watch.refusal();
    return understand({ stage: 'command', ...refusal, bye: client.byeReason, throttleMs: watch.throttleMs() });
  };

  /** A refusal that concerns one folder means that the folder cannot be used. */
  const folderFault = (fault: BrokerError, status: string | undefined): BrokerError =>
    !isAboutSession(fault) && status === 'NO' ? new BrokerError('folder_missing', { cause: fault.cause }) : fault;

  /** The same, and for a BAD it asks whether the folder is there: most servers answer NO for one that is not. */
  const faultAt = async (path: string, fault: BrokerError): Promise<BrokerError> => {
    const said = watch.refusal()?.status;
    const isGone = said === 'BAD' && !isAboutSession(fault) && !(await isListed(path));
    return folderFault(fault, isGone ? 'NO' : said);
  };

  const isListed = async (path: string): Promise<boolean> =>
    (await command(client.list())).some((folder) => folder.path === path);

  const release = async () => {
    if (selected === undefined) return;
    const path = selected;
    selected = undefined;
    if (isWritable) {
      // CLOSE removes what anyone has marked as deleted, but not from a folder that was opened by EXAMINE (RFC 3501
      // section 6.4.2). Where that fails, no folder is selected any more.
      isWritable = false;
      await command(client.mailboxOpen(path, { readOnly: true })).catch(() => undefined);
    }
    if (!(await command(client.mailboxClose())) && !client.usable) throw swallowed();
  };

  const select = async (path: string, toWrite = false) => {
    if (selected === path && client.mailbox !== false && (isWritable || !toWrite)) return;
    selected = undefined;
    try {
      // EXAMINE, unless something is to be changed: nothing that we do can set \Seen.
      const folder = await command(client.mailboxOpen(path, { readOnly: !toWrite }));
      const known = validities.get(path);
      // The folder was recreated after STATUS: its UIDs are not those that the caller means.
      if (known !== undefined && folder.uidValidity !== known) {
        throw new BrokerError('imap_unexpected', {
          retry: { afterMs: 0 },
          detail: 'The folder was renumbered just now.',
        });
      }
    } catch (error) {
      const fault = translate(error, 'command', client, watch);
      throw await faultAt(path, fault);
    }
    selected = path;
    isWritable = toWrite;
  };

  const fetch: FetchVerb = async (range, query) => {
    watch.forget();
    try {
      const messages = await command(client.fetchAll(range, query, { uid: true }));
      return { messages: joined(messages), skippedLines: watch.skippedLines() };
    } catch (error) {
      throw translate(error, 'command', client, watch);
    }
  };

  const search = async (query: Parameters<ImapFlow['search']>[0]): Promise<number[]> => {
    const uids = await command(client.search(query, { uid: true }));
    if (!Array.isArray(uids)) throw swallowed();
    return [...uids].sort((a, b) => a - b);
  };

  const threads = createThreadSearch(parts.threads, parts.login, clock);

  const searchThread: ThreadFolder['search'] = async (query) => {
    const uids = await withCommandDeadline(threadMs, client.search(query, { uid: true }), () => client.close());
    if (!Array.isArray(uids)) throw swallowed();
    return [...uids].sort((a, b) => a - b);
  };

  return {
    get alive() {
      return client.usable;
    },

    status: (path) =>
      inTurn(async () => {
        ahead.forget(path);
        // The answer for the selected folder may be a stale one, and is discouraged (RFC 3501 section 6.3.10).
        if (selected === path) await release();
        const status = await askStatus(client, command, path).catch((error: unknown) => {
          if (field(error, 'code') !== 'NotFound') throw error;
          throw folderFault(translate(field(error, 'response'), 'command', client, watch), 'NO');
        });
        if (status === false) {
          throw await faultAt(path, swallowed());
        }
        validities.set(path, status.uidValidity);
        return status;
      }),

    folders: () =>
      inTurn(async () => {
        const listed = await command(client.list());
        return folderInfo(listed);
      }),

    searchRange: (path, from, to) =>
      inTurn(async () => {
        if (to < from) return [];
        await select(path);
        const uids = await search({ uid: `${from}:${to}` });
        return uids.filter((uid) => uid >= from && uid <= to);
      }),

    searchSince: (path, day) =>
      inTurn(async () => {
        await select(path);
        // Where WITHIN is offered, imapflow turns SINCE into YOUNGER, which counts seconds back from the server's clock.
        client.capabilities.delete('WITHIN');
        return search({ since: day });
      }),

    fetchMeta: (path, uids, how = 'whole') =>
      inTurn(async () => {
        if (uids.length === 0) return [];
        await select(path);
        const metas = await fetchMeta(fetch, uids, how);
        if (how === 'whole') ahead.expect(path, metas);
        return metas;
      }),

    fetchTraits: (path, metas, needs) =>
      inTurn(async () => {
        // Selected only where something is left to ask.
        const ask: FetchVerb = async (range, query) => {
          await select(path);
          return fetch(range, query);
        };
        return fetchTraits(ask, metas, needs);
      }),

    fetchFlags: (path, uids) =>
      inTurn(async () => {
        if (uids.length === 0) return [];
        await select(path);
        return fetchFlags(fetch, uids);
      }),

    fetchMarks: (path, uids) =>
      inTurn(async () => {
        if (uids.length === 0) return [];
        await select(path);
        return fetchMarks(fetch, uids);
      }),

    read: (path, meta, caps) =>
      inTurn(async () => {
        // Selected only where something is left to ask.
        const ask: FetchVerb = async (range, query) => {
          await select(path);
          return fetch(range, query);
        };
        const early = await ahead.answerFor(ask, path, meta, caps);
        const message = await readMessage(ask, meta, caps, early);
        if (message === undefined || caps.alone === true) return message;
        const search: ThreadFolder['search'] = async (query) => {
          await select(path);
          return searchThread(query);
        };
        return threads.withRoot(message, { search, fetch: ask });
      }),

    searchBetween: (path, from, to) =>
      inTurn(async () => {
        await select(path);
        client.capabilities.delete('WITHIN');
        return search({ since: from, before: to });
      }),

    part: (path, uid, part) =>
      inTurn(async () => {
        await select(path);
        return readPart(asksFor(fetch, uid), part);
      }),

    download: (path, uid, part, mostBytes) =>
      inTurn(async () => {
        await select(path);
        const failure = (error: unknown) => translate(error, 'command', client, watch);
        const found = await command(downloadPart(client, uid, part, mostBytes, failure));
        if (found === undefined) return undefined;
        busy = found.ended;
        return found.content;
      }),

    inFolder: (path, mode, work) =>
      inTurn(async () => {
        await select(path, mode === 'write');
        const folder = createOpenFolder({
          ...{ client, fetch, command, swallowed },
          folderFault: (path) => faultAt(path, swallowed()),
          forget: () => watch.forget(),
        });
        return work(folder);
      }),

    release: () => inTurn(release),

    setAside: (aside) => {
      // Hundreds of sessions may wait; none of them holds mail meanwhile.
      ahead.forget();
      // imapflow closes a connection that is silent; it has no setting that changes, and does not name its socket.
      const socket = field(client, 'socket');
      if (socket instanceof Socket) socket.setTimeout(aside ? 0 : socketMs);
    },

    close: async () => {
      try {
        if (client.usable)
          await withDeadline(clock, logoutMs, client.logout(), () => new BrokerError('imap_unreachable'));
      } catch {
        // The connection is given up either way; what broke it has been told by the call that met it.
      } finally {
        client.close();
      }
    },
  };
}

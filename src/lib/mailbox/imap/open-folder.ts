import type { ImapFlow } from 'imapflow';
import { BrokerError } from '../../errors.ts';
import { uidSet } from '../fetch/uid-set.ts';
import type { FetchVerb } from '../session/fetch-verb.ts';
import type { OpenFolder } from '../session/session.ts';

/** What the session lends to the folder that it has selected. */
export interface OpenFolderParts {
  readonly client: ImapFlow;
  readonly fetch: FetchVerb;
  /** Gives a command its time. */
  readonly command: <T>(work: Promise<T>) => Promise<T>;
  /** The refusal that imapflow kept to itself, or the end of the connection. */
  readonly swallowed: () => BrokerError;
  /** The same where the folder that was named may be what the server does not like. */
  readonly folderFault: (path: string) => Promise<BrokerError>;
  /** Forgets what was heard before, so that the next refusal is that of the next command. */
  readonly forget: () => void;
}

/**
 * The selected folder, to be read and changed.
 * @throws BrokerError `imap_unreachable` if no folder is selected any more
 */
export function createOpenFolder(parts: OpenFolderParts): OpenFolder {
  const { client, fetch, command, swallowed, folderFault, forget } = parts;
  const selected = client.mailbox;
  if (selected === false) throw new BrokerError('imap_unreachable');

  /** imapflow answers false for a refusal, and undefined or false for a connection that has ended. */
  const done = async (work: () => Promise<unknown>): Promise<void> => {
    forget();
    if (!(await command(work()))) throw swallowed();
  };

  return {
    path: selected.path,
    uidValidity: selected.uidValidity,
    uidNext: selected.uidNext,
    highestModseq: client.capabilities.has('CONDSTORE') ? selected.highestModseq || undefined : undefined,
    messages: selected.exists,
    keepsKeywords: selected.permanentFlags?.has('\\*') === true,
    keepsFlag: (flag) => {
      const kept = selected.permanentFlags;
      return kept === undefined || kept.has('\\*') || kept.has(flag);
    },
    search: async (query) => {
      forget();
      // Where WITHIN is offered, imapflow turns dates into seconds back from the server's clock.
      client.capabilities.delete('WITHIN');
      const uids = await command(client.search(query, { uid: true }));
      if (!Array.isArray(uids)) throw swallowed();
      return [...uids].sort((a, b) => a - b);
    },
    fetch,
    setFlags: async (uids, change, flags) => {
      const range = uidSet(uids);
      const options = { uid: true, silent: true };
      await done(() =>
        change === 'add'
          ? client.messageFlagsAdd(range, [...flags], options)
          : client.messageFlagsRemove(range, [...flags], options),
      );
    },
    move: async (uids, path) => {
      forget();
      // Without MOVE imapflow copies, marks and expunges, and without UIDPLUS its EXPUNGE takes what others have marked.
      if (!client.capabilities.has('MOVE') && !client.capabilities.has('UIDPLUS')) {
        throw new BrokerError('imap_unexpected', { detail: 'The mail server cannot move single messages.' });
      }
      const moved = await command(client.messageMove(uidSet(uids), path, { uid: true }));
      if (!moved) throw await folderFault(path);
      return { uidValidity: moved.uidValidity, uids: moved.uidMap ?? new Map() };
    },
    append: async (source, flags) => {
      forget();
      const stored = await command(client.append(selected.path, source, [...flags]));
      if (!stored) throw swallowed();
      return stored.uid;
    },
    expunge: async (uids) => {
      // Without UIDPLUS an EXPUNGE takes everything that anyone has marked (RFC 4315 section 2.1).
      if (!client.capabilities.has('UIDPLUS')) {
        throw new BrokerError('imap_unexpected', { detail: 'The mail server cannot delete single messages.' });
      }
      await done(() => client.messageDelete(uidSet(uids), { uid: true }));
    },
  };
}

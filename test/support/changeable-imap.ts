import type { Socket } from 'node:net';
import {
  type Command,
  type Connection,
  type ScriptedImap,
  type StoredMessage,
  startScriptedImap,
} from './scripted-imap.ts';

export interface ChangeableMessage extends StoredMessage {
  flags: string;
}

export interface ChangeableFolder {
  uidValidity: number;
  uidNext: number;
  messages: ChangeableMessage[];
}

export interface ChangeableImapOptions {
  /** By path; a test that takes one out lets it vanish. */
  readonly folders: Record<string, ChangeableFolder>;
  /** Of MOVE, UIDPLUS and UNSELECT, those that the server does not have. */
  readonly lacks?: readonly ('MOVE' | 'UIDPLUS' | 'UNSELECT')[];
  /** Does not tell the new UIDs, though it may have UIDPLUS. */
  readonly hidesCopyUid?: boolean;
  /** As in {@link Script}, before anything else. */
  on?(command: Command, connection: Connection): boolean;
}

/** The scripted server with folders that can be changed: SELECT, STORE, COPY, MOVE, EXPUNGE and CLOSE do what they say. */
export async function startChangeableImap(options: ChangeableImapOptions): Promise<ScriptedImap> {
  const { folders, lacks = [], hidesCopyUid = false } = options;
  const selected = new WeakMap<Socket, { path: string; writable: boolean }>();
  const capabilities = ['IMAP4rev1', 'AUTH=XOAUTH2', 'SASL-IR', 'NAMESPACE', 'MOVE', 'UIDPLUS', 'UNSELECT']
    .filter((name) => !lacks.some((lacking) => lacking === name))
    .join(' ');

  /** Takes messages out of a folder, and answers their EXPUNGE lines. */
  const remove = (folder: ChangeableFolder, isTaken: (message: ChangeableMessage) => boolean): string => {
    let lines = '';
    for (let at = folder.messages.length - 1; at >= 0; at -= 1) {
      const message = folder.messages[at];
      if (message === undefined || !isTaken(message)) continue;
      folder.messages.splice(at, 1);
      lines += `* ${at + 1} EXPUNGE\r\n`;
    }
    return lines;
  };

  const copy = (from: ChangeableFolder, to: ChangeableFolder, uids: ReadonlySet<number>): string => {
    const pairs = from.messages
      .filter(({ uid }) => uids.has(uid))
      .map((message) => {
        const uid = to.uidNext++;
        to.messages.push({ ...message, uid });
        return [message.uid, uid] as const;
      });
    const [old, now] = [0, 1].map((side) => pairs.map((pair) => pair[side]).join(','));
    return hidesCopyUid || lacks.includes('UIDPLUS') ? '' : `[COPYUID ${to.uidValidity} ${old} ${now}] `;
  };

  return startScriptedImap({
    folders,
    on: (command, connection) => {
      if (options.on?.(command, connection) === true) return true;
      const { tag, name, args } = command;
      const { socket, send } = connection;
      const at = selected.get(socket);
      const folder = folders[at?.path ?? ''];
      const [set = '', ...rest] = args.split(' ');
      const uids = new Set(set.split(',').flatMap(range));
      const target = rest.join(' ').replaceAll('"', '');
      const done = (lines = '', code = '') => {
        send(`${lines}${tag} OK ${code}${name} completed.\r\n`);
        return true;
      };
      const refused = (why: string) => {
        send(`${tag} NO ${why}\r\n`);
        return true;
      };
      switch (name) {
        case 'CAPABILITY':
          return done(`* CAPABILITY ${capabilities}\r\n`);
        case 'SELECT':
        case 'EXAMINE':
          selected.set(socket, { path: args.replaceAll('"', ''), writable: name === 'SELECT' });
          return false;
        case 'UID STORE': {
          if (folder === undefined) return refused('The folder does not exist.');
          const change = /([+-])FLAGS\S* \(([^)]*)\)/.exec(args);
          const named = (change?.[2] ?? '').split(' ');
          for (const message of folder.messages.filter(({ uid }) => uids.has(uid))) {
            const others = message.flags.split(' ').filter((flag) => flag !== '' && !named.includes(flag));
            message.flags = (change?.[1] === '+' ? [...others, ...named] : others).join(' ');
          }
          return done();
        }
        case 'UID COPY':
        case 'UID MOVE': {
          const to = folders[target];
          if (folder === undefined) return refused('The folder does not exist.');
          if (to === undefined) return refused('[TRYCREATE] The destination folder does not exist.');
          const code = copy(folder, to, uids);
          return name === 'UID COPY'
            ? done('', code)
            : done(
                remove(folder, ({ uid }) => uids.has(uid)),
                code,
              );
        }
        case 'UID EXPUNGE':
        case 'EXPUNGE': {
          if (folder === undefined) return refused('The folder does not exist.');
          const isNamed = (uid: number) => name === 'EXPUNGE' || uids.has(uid);
          return done(remove(folder, ({ uid, flags }) => isNamed(uid) && flags.includes('\\Deleted')));
        }
        case 'CLOSE':
          if (folder !== undefined && at?.writable === true) remove(folder, ({ flags }) => flags.includes('\\Deleted'));
          selected.delete(socket);
          return done();
        default:
          return false;
      }
    },
  });
}

function range(part: string): number[] {
  const [from = 0, to = from] = part.split(':').map(Number);
  return from > 0 && to >= from ? Array.from({ length: to - from + 1 }, (_, n) => from + n) : [];
}

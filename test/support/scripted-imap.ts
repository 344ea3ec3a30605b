import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

/** One command line of the client, literals not supported: the broker sends none. */
export interface Command {
  readonly tag: string;
  /** Upper case; of `UID FETCH` and `UID SEARCH` both words. */
  readonly name: string;
  readonly args: string;
}

export interface Connection {
  /** Sends the text as it is; end lines yourself. */
  send(text: string): void;
  /** Half a reply, then nothing more. */
  end(): void;
  /** How many connections came before. */
  readonly number: number;
  readonly socket: Socket;
}

export interface StoredMessage {
  readonly uid: number;
  readonly source: string | Buffer;
  readonly internalDate?: string;
  readonly flags?: string;
  /** Answer to BODYSTRUCTURE; none is given where it is undefined. */
  readonly structure?: string;
}

export interface Script {
  /** Answers a command in place of the ordinary answer; true if it did. */
  on?(command: Command, connection: Connection): boolean;
  /** In place of Exchange's greeting. */
  greeting?(connection: Connection): void;
  readonly folders?: Readonly<
    Record<string, { uidValidity: number; uidNext: number; messages: readonly StoredMessage[] }>
  >;
}

export interface ScriptedImap {
  readonly port: number;
  /** Every command so far, `NAME args`, of all connections. */
  readonly heard: readonly string[];
  readonly connections: number;
  close(): Promise<void>;
}

const before = 'IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+';
const after =
  'IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS MOVE ID UNSELECT CLIENTACCESSRULES CLIENTNETWORKPRESENCELOCATION BACKENDAUTHENTICATE CHILDREN IDLE NAMESPACE LITERAL+';

/**
 * A mail server on a raw socket that speaks like Exchange Online in the protocol logs that people have published, and
 * lets a test say something else at any point.
 */
export async function startScriptedImap(script: Script = {}): Promise<ScriptedImap> {
  const heard: string[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const folders = script.folders ?? { INBOX: { uidValidity: 14, uidNext: 1, messages: [] } };

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('close', () => sockets.delete(socket));
    // A client that breaks off is part of the game.
    socket.on('error', () => undefined);
    const connection: Connection = {
      send: (text) => void socket.write(text, 'latin1'),
      end: () => void socket.end(),
      number: connections++,
      socket,
    };
    const state = { authenticated: false, selected: '' };
    if (script.greeting === undefined)
      connection.send('* OK The Microsoft Exchange IMAP4 service is ready. [QQBCAEMA]\r\n');
    else script.greeting(connection);

    let pending = '';
    socket.on('data', (chunk) => {
      pending += chunk.toString('latin1');
      for (let end = pending.indexOf('\r\n'); end >= 0; end = pending.indexOf('\r\n')) {
        const line = pending.slice(0, end);
        pending = pending.slice(end + 2);
        const match = /^(\S+) (UID \S+|\S+) ?(.*)$/i.exec(line);
        if (match === null) continue;
        const command: Command = { tag: match[1] ?? '', name: (match[2] ?? '').toUpperCase(), args: match[3] ?? '' };
        heard.push(command.name === 'AUTHENTICATE' ? 'AUTHENTICATE' : `${command.name} ${command.args}`.trim());
        if (script.on?.(command, connection) !== true) answer(command, connection);
      }
    });

    const answer = ({ tag, name, args }: Command, { send }: Connection) => {
      const ok = (untagged = '', word = name) => send(`${untagged}${tag} OK ${word} completed.\r\n`);
      const folder = folders[(/^"?([^" ]+(?: [^" (]+)*)"?/.exec(args)?.[1] ?? '').trim()];
      switch (name) {
        case 'CAPABILITY':
          return ok(`* CAPABILITY ${state.authenticated ? after : before}\r\n`);
        case 'ID':
          return ok('* ID ("name" "Microsoft.Exchange.Imap4.Imap4Server" "version" "15.20")\r\n');
        case 'AUTHENTICATE':
          state.authenticated = true;
          return ok();
        case 'NAMESPACE':
          return ok('* NAMESPACE (("" "/")) NIL NIL\r\n');
        case 'LIST': {
          const wanted = /"?([^" ]+)"?$/.exec(args)?.[1] ?? '*';
          const names = Object.keys(folders).filter((path) => wanted === '*' || path === wanted);
          return ok(names.map((path) => `* LIST (\\HasNoChildren) "/" "${path}"\r\n`).join(''));
        }
        case 'LSUB':
          return ok();
        case 'STATUS': {
          if (folder === undefined) return send(`${tag} NO ${args} doesn't exist.\r\n`);
          const { messages, uidNext, uidValidity } = folder;
          return ok(
            `* STATUS ${args.replace(/ \(.*/, '')} (MESSAGES ${messages.length} UIDNEXT ${uidNext} UIDVALIDITY ${uidValidity} UNSEEN 0)\r\n`,
          );
        }
        case 'SELECT':
        case 'EXAMINE':
          if (folder === undefined) return send(`${tag} NO ${args} doesn't exist.\r\n`);
          state.selected = Object.keys(folders).find((path) => folders[path] === folder) ?? '';
          return ok(
            `* ${folder.messages.length} EXISTS\r\n* 0 RECENT\r\n* FLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft $MDNSent)\r\n` +
              `* OK [UIDVALIDITY ${folder.uidValidity}] UIDVALIDITY value\r\n* OK [UIDNEXT ${folder.uidNext}] The next unique identifier value\r\n`,
          );
        case 'UID SEARCH': {
          const [from = 1, to = from] = (/UID (\S+)/.exec(args)?.[1] ?? '1:4294967295').split(':').map(Number);
          const uids = (folders[state.selected]?.messages ?? [])
            .map(({ uid }) => uid)
            .filter((uid) => uid >= from && uid <= to);
          return ok(`* SEARCH${uids.map((uid) => ` ${uid}`).join('')}\r\n`, 'SEARCH');
        }
        case 'UID FETCH': {
          const wanted = numbers(args.split(' ')[0] ?? '');
          const messages = folders[state.selected]?.messages ?? [];
          messages.forEach((message, index) => {
            if (wanted(message.uid)) send(`* ${index + 1} FETCH (${fetchItems(args, message)})\r\n`);
          });
          return ok('', 'FETCH');
        }
        case 'CLOSE':
        case 'UNSELECT':
        case 'NOOP':
          return ok();
        case 'LOGOUT':
          send(`* BYE Microsoft Exchange Server IMAP4 server signing off.\r\n${tag} OK LOGOUT completed.\r\n`);
          return void socket.end();
        default:
          return send(`${tag} BAD Command Error. 12\r\n`);
      }
    };
  });

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    heard,
    get connections() {
      return connections;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The items that a FETCH asks for, as one line with literals. */
export function fetchItems(args: string, message: StoredMessage): string {
  const source = typeof message.source === 'string' ? message.source : message.source.toString('latin1');
  const end = source.indexOf('\r\n\r\n');
  const header = end < 0 ? source : source.slice(0, end + 4);
  const literal = (text: string) => `{${text.length}}\r\n${text}`;
  const items = [`UID ${message.uid}`];
  if (args.includes('FLAGS')) items.push(`FLAGS (${message.flags ?? ''})`);
  if (args.includes('INTERNALDATE'))
    items.push(`INTERNALDATE "${message.internalDate ?? '01-Mar-2026 10:00:00 +0000'}"`);
  if (args.includes('RFC822.SIZE')) items.push(`RFC822.SIZE ${source.length}`);
  if (args.includes('BODYSTRUCTURE') && message.structure !== undefined)
    items.push(`BODYSTRUCTURE ${message.structure}`);
  const fields = /BODY\.PEEK\[HEADER\.FIELDS \(([^)]*)\)\]/.exec(args)?.[1];
  if (fields !== undefined) {
    const names = fields.toLowerCase().split(' ');
    const lines = header
      .split(/\r\n(?![ \t])/)
      .filter((line) => names.includes(line.split(':')[0]?.toLowerCase() ?? ''));
    items.push(`BODY[HEADER.FIELDS (${fields})] ${literal(`${lines.join('\r\n')}\r\n\r\n`)}`);
  }
  for (const [, section = '', , limit] of args.matchAll(/BODY\.PEEK\[([^\]]*)\](<0\.(\d+)>)?/g)) {
    if (section.startsWith('HEADER.FIELDS')) continue;
    const whole = section === '' ? source : section === 'HEADER' ? header : undefined;
    if (whole === undefined) continue;
    items.push(
      `BODY[${section}]${limit === undefined ? '' : '<0>'} ${literal(whole.slice(0, Number(limit ?? whole.length)))}`,
    );
  }
  return items.join(' ');
}

function numbers(set: string): (uid: number) => boolean {
  const ranges = set.split(',').map((part) => part.split(':').map(Number));
  return (uid) => ranges.some(([from = 0, to = from]) => uid >= from && uid <= to);
}

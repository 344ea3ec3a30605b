import { createServer } from 'node:tls';
import { listen } from '../../local/listen.ts';
import { answerCalls } from './child.ts';

// A mail server with any number of empty mailboxes, over TLS, that speaks Exchange's words and counts what it is asked.

let commands: Record<string, number> = {};

const folders = ['INBOX', 'Sent Items'];
const capabilities = 'IMAP4 IMAP4rev1 AUTH=XOAUTH2 SASL-IR UIDPLUS MOVE ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+';

function answer(tag: string, name: string, args: string): string {
  const ok = `${tag} OK ${name} completed.\r\n`;
  switch (name) {
    case 'CAPABILITY':
      return `* CAPABILITY ${capabilities}\r\n${ok}`;
    case 'ID':
      return `* ID ("name" "Microsoft.Exchange.Imap4.Imap4Server" "version" "15.20")\r\n${ok}`;
    case 'NAMESPACE':
      return `* NAMESPACE (("" "/")) NIL NIL\r\n${ok}`;
    case 'LIST':
      return `${folders.map((path) => `* LIST (\\HasNoChildren) "/" "${path}"\r\n`).join('')}${ok}`;
    case 'STATUS':
      return `* STATUS ${args.replace(/ \(.*/, '')} (MESSAGES 10 UIDNEXT 11 UIDVALIDITY 7 UNSEEN 2)\r\n${ok}`;
    case 'EXAMINE':
      return `* 0 EXISTS\r\n* FLAGS (\\Seen)\r\n* OK [UIDVALIDITY 7] UIDVALIDITY\r\n* OK [UIDNEXT 11] next\r\n${ok}`;
    case 'UID SEARCH':
      return `* SEARCH\r\n${ok}`;
    case 'LOGOUT':
      return `* BYE\r\n${ok}`;
    default:
      return ok;
  }
}

const handlers = {
  listen: async ({ cert, key }: { cert: string; key: string }) => {
    const server = createServer({ cert, key, noDelay: true }, (socket) => {
      socket.on('error', () => socket.destroy());
      socket.write('* OK The Microsoft Exchange IMAP4 service is ready.\r\n');
      let pending = '';
      socket.on('data', (chunk) => {
        pending += chunk.toString('latin1');
        const lines = pending.split('\r\n');
        pending = lines.pop() ?? '';
        for (const line of lines) {
          const [, tag = '', word = '', args = ''] = /^(\S+) (UID \S+|\S+) ?(.*)$/i.exec(line) ?? [];
          const name = word.toUpperCase();
          commands[name] = (commands[name] ?? 0) + 1;
          socket.write(answer(tag, name, args));
          if (name === 'LOGOUT') socket.end();
        }
      });
    });
    return (await listen(server, 'the counting mail server')).port;
  },
  /** What was asked since the last call. */
  commands: () => {
    const all = commands;
    commands = {};
    return all;
  },
};

export type ImapCalls = typeof handlers;

answerCalls(handlers);

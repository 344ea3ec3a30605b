import { type Duplex, duplexPair, type Transform } from 'node:stream';
import hoodiecrow, { type FetchHandler, type HoodiecrowServer } from 'hoodiecrow-imap';
import fetchHandlers from 'hoodiecrow-imap/lib/commands/handlers/fetch.js';
import { exchangeFolders } from './folders.ts';
import { createParkedMessages, largeLiterals } from './large-literals.ts';
import type { Drop } from './stand-ins.ts';

/** One mailbox with a server of its own: hoodiecrow-imap keeps one storage a server. */
export interface EmbeddedMailbox {
  /** A connection that is logged in; its greeting is the caller's business. */
  connect(): Duplex;
  /** What a client's bytes go through before they reach a connection. */
  past(answer: (line: string) => void): Transform;
  append(raw: Uint8Array | string, drop: Drop): number;
  resetUidValidity(folder: string): void;
}

/** What Exchange announces, as far as the server keeps it; neither CONDSTORE nor SPECIAL-USE is among it. */
const plugins = ['ID', 'IDLE', 'LITERALPLUS', 'NAMESPACE', 'SASL-IR', 'UIDPLUS', 'UNSELECT', 'MOVE'];
const further = ['IMAP4', 'CHILDREN'];

/** @param uidValidity of every folder at first; Exchange's are small numbers, others use the time of creation */
export function createMailbox(uidValidity: number): EmbeddedMailbox {
  const folder = () => ({ uidvalidity: uidValidity });
  const server: HoodiecrowServer = hoodiecrow({
    plugins: [
      ...plugins,
      (self) => {
        for (const keyword of further) self.registerCapability(keyword);
        for (const name of ['BODY', 'BODY.PEEK'] as const) self.fetchHandlers[name] = forEveryMessage(name);
        self.fetchHandlers.BODYSTRUCTURE = (...asked) => written(fetchHandlers.BODYSTRUCTURE(...asked));
      },
    ],
    storage: {
      INBOX: folder(),
      '': { separator: '/', folders: Object.fromEntries(exchangeFolders.map((name) => [name, folder()])) },
    },
  });
  // The front has checked the token; behind it every connection is logged in.
  server.connectionHandlers.push((connection) => {
    connection.state = 'Authenticated';
  });
  const parked = createParkedMessages();
  const append = server.appendMessage.bind(server);
  server.appendMessage = (folder, flags, date, raw, connection) =>
    append(folder, flags, date, parked.take(raw) ?? raw, connection);
  const find = (path: string) => {
    const found = server.getMailbox(path);
    if (found === undefined) throw new Error(`The embedded mailbox has no folder ${path}.`);
    return found;
  };

  return {
    connect() {
      const [near, far] = duplexPair();
      server.createClient(far);
      return near;
    },
    past: (answer) => largeLiterals(parked, answer),
    append(raw, { folder: path = 'INBOX', flags = [], date = new Date() }) {
      const text = Buffer.from(raw).toString('latin1').replace(/\r?\n/g, '\r\n');
      return server.appendMessage(find(path), [...flags], internalDate(date), text).message.uid;
    },
    resetUidValidity(path) {
      const found = find(path);
      found.uidvalidity += 1;
      found.messages.forEach((message, index) => {
        message.uid = index + 1;
      });
      found.uidnext = found.messages.length + 1;
    },
  };
}

/**
 * hoodiecrow takes the length off a partial FETCH at the first message that is shorter, and then answers nothing for
 * those after it. So every message gets the request as it was.
 */
function forEveryMessage(name: 'BODY' | 'BODY.PEEK'): FetchHandler {
  const asked = new WeakMap<object, readonly number[]>();
  return (connection, message, item) => {
    const partial = asked.get(item) ?? item.partial;
    if (partial !== undefined) {
      asked.set(item, [...partial]);
      item.partial = [...partial];
    }
    return fetchHandlers[name](connection, message, item);
  };
}

/**
 * A structure as it goes out. hoodiecrow would write it into its answer item by item and look at the end of the answer
 * each time, which takes a time that grows with the square of the length: for 10,000 parts, minutes.
 */
const written = (structure: unknown): object => ({ type: 'TEXT', value: structureText(structure) });

function structureText(node: unknown): string {
  if (Array.isArray(node)) return `(${node.map(structureText).join(' ')})`;
  if (typeof node === 'number') return String(Math.round(node));
  return typeof node === 'string' ? JSON.stringify(node) : 'NIL';
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** RFC 3501 `date-time`, in UTC. */
function internalDate(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${two(date.getUTCDate())}-${months[date.getUTCMonth()]}-${date.getUTCFullYear()}`;
  return `${day} ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} +0000`;
}

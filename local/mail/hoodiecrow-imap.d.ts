/** The part of hoodiecrow-imap that the embedded server uses; the package carries no types. */
declare module 'hoodiecrow-imap' {
  import type { Duplex } from 'node:stream';

  export interface Message {
    uid: number;
    flags: string[];
    internaldate: string;
    raw: string;
  }

  export interface Folder {
    path: string;
    uidvalidity: number;
    uidnext: number;
    messages: Message[];
  }

  export interface Connection {
    state: 'Not Authenticated' | 'Authenticated' | 'Selected' | 'Logout';
  }

  export interface HoodiecrowServer {
    /** Called with each new connection, after its greeting was written. */
    readonly connectionHandlers: ((connection: Connection) => void)[];
    createClient(socket: Duplex): void;
    getMailbox(path: string): Folder | undefined;
    /** `raw` is a binary string: one character a byte. `connection` is not told of the message that it has brought. */
    appendMessage(
      folder: Folder,
      flags: string[],
      internalDate: string,
      raw: string,
      connection?: Connection,
    ): { message: Message };
    registerCapability(keyword: string): void;
    /** Asked before the server's own; by the name of the data item. */
    readonly fetchHandlers: Record<string, FetchHandler>;
  }

  /** One data item of a FETCH; the same object for every message that it asks about. */
  export interface FetchItem {
    partial?: number[];
  }

  export type FetchHandler = (connection: Connection, message: Message, item: FetchItem) => unknown;

  export default function hoodiecrow(options: {
    readonly plugins: readonly (string | ((server: HoodiecrowServer) => void))[];
    readonly storage: object;
  }): HoodiecrowServer;
}

declare module 'hoodiecrow-imap/lib/commands/handlers/fetch.js' {
  import type { FetchHandler } from 'hoodiecrow-imap';

  const handlers: Record<'BODY' | 'BODY.PEEK' | 'BODYSTRUCTURE', FetchHandler>;
  export default handlers;
}

import { ImapFlow } from 'imapflow';
import type { Endpoint } from '../stack.ts';
import type { Drop } from './stand-ins.ts';

/** Puts messages into mailboxes by IMAP APPEND. */
export interface Appender {
  append(address: string, raw: Uint8Array | string, drop: Drop): Promise<number>;
  close(): Promise<void>;
}

/**
 * Keeps one session a mailbox: a test that delivers 2,000 messages should not log in 2,000 times.
 * @param token answers a token that opens the mailbox of `address`
 */
export function createAppender(server: Endpoint, token: (address: string) => Promise<string>): Appender {
  const sessions = new Map<string, Promise<ImapFlow>>();

  const open = async (address: string): Promise<ImapFlow> => {
    const client = new ImapFlow({
      host: server.host,
      port: server.port,
      secure: server.secure,
      auth: { user: address, accessToken: await token(address) },
      logger: false,
    });
    const forget = () => sessions.delete(address);
    client.on('error', forget);
    client.on('close', forget);
    await client.connect();
    return client;
  };

  const session = (address: string): Promise<ImapFlow> => {
    const found = sessions.get(address);
    if (found !== undefined) return found;
    const made = open(address);
    sessions.set(address, made);
    made.catch(() => sessions.delete(address));
    return made;
  };

  return {
    async append(address, raw, { folder = 'INBOX', flags = [], date = new Date() }) {
      const client = await session(address);
      const text = Buffer.from(Buffer.from(raw).toString('latin1').replace(/\r?\n/g, '\r\n'), 'latin1');
      const done = await client.append(folder, text, [...flags], date);
      if (done === false || done.uid === undefined) {
        throw new Error(`The mail server did not take the message for ${folder}.`);
      }
      return done.uid;
    },
    async close() {
      const open = await Promise.allSettled(sessions.values());
      sessions.clear();
      for (const item of open) if (item.status === 'fulfilled') item.value.close();
    },
  };
}

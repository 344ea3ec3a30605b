import { connect } from 'node:tls';
import type { Endpoint } from '../../local/stack.ts';

/**
 * Puts messages into a mailbox: APPENDs one behind the other without waiting (RFC 7888), which takes a tenth of the time
 * that a client takes which waits for every answer. @throws Error if one is not taken
 */
export async function fill(server: Endpoint, address: string, messages: Iterable<Buffer>): Promise<void> {
  const socket = connect({ host: server.host, port: server.port, servername: 'localhost' });
  const login = Buffer.from(`user=${address}\x01auth=Bearer any\x01\x01`).toString('base64');
  await new Promise<void>((resolve, reject) => {
    let pending = '';
    socket.on('error', reject);
    socket.on('data', (chunk: Buffer) => {
      pending += chunk.toString('latin1');
      const refused = /^\S+ (NO|BAD) .*/m.exec(pending);
      if (refused !== null) reject(new Error(`The mail server refused a message: ${refused[0]}`));
      if (/^end OK/m.test(pending)) resolve();
      pending = pending.slice(pending.lastIndexOf('\n') + 1);
    });
    const write = (data: string | Buffer) => {
      const more = socket.write(data);
      return more ? undefined : new Promise<void>((drained) => socket.once('drain', drained));
    };
    void (async () => {
      await write(`in AUTHENTICATE XOAUTH2 ${login}\r\n`);
      let number = 0;
      for (const message of messages) {
        await write(`a${number++} APPEND INBOX {${message.length}+}\r\n`);
        await write(message);
        await write('\r\n');
      }
      await write('end NOOP\r\n');
    })().catch(reject);
  }).finally(() => socket.destroy());
}

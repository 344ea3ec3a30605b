import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/** Starts a server on a free port of loopback and tells which. */
export async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('No port');
  return address.port;
}

/** A port that was free a moment ago, for a server that has to be told its port. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listening(server);
  server.close();
  await once(server, 'close');
  return port;
}

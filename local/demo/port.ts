import { once } from 'node:events';
import { createServer } from 'node:net';
import { PortTaken } from '../host/http.ts';

/**
 * The port on which the host will listen: settings name it before the host is there.
 * @param wanted 0 for a free one
 * @throws PortTaken, before anything else was started
 */
export async function choosePort(wanted: number): Promise<number> {
  const server = createServer();
  server.listen(wanted, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') throw new PortTaken(wanted);
    throw error;
  }
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('No port was given.');
  return address.port;
}

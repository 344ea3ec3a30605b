import { createServer } from 'node:net';

// Linux gives outgoing connections ports from 32768 on, others from higher up. A port from there may be free when one looks
// and taken a moment later, by any connection of anyone.
const [from, below] = [20_000, 32_000];

/** A free port on 127.0.0.1, for a server that is started later, or repeatedly. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = from + Math.floor(Math.random() * (below - from));
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

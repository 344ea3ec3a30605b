import type { AddressInfo, Server, Socket } from 'node:net';

/** A server that listens on loopback, with its open sockets known, so that it can be stopped at once. */
export interface Listener {
  readonly port: number;
  readonly sockets: ReadonlySet<Socket>;
  stop(): Promise<void>;
}

/**
 * Listens on 127.0.0.1, on a free port where `port` is 0 or left out.
 * @param what names the listener in the message, such as `the Entra stand-in`
 * @throws Error with one sentence that names the port, if another program has it
 */
export async function listen(server: Server, what: string, port = 0): Promise<Listener> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    // A peer that vanishes is no fault of the stand-in; the parser above the socket hears of it by `close`.
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve, reject) => {
    const refused = (error: NodeJS.ErrnoException) => reject(portFault(error, what, port));
    server.once('error', refused);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', refused);
      resolve();
    });
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    port: bound,
    sockets,
    stop: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** The sentence for a port that cannot be had. */
export function portFault(error: NodeJS.ErrnoException, what: string, port: number): Error {
  if (error.code === 'EADDRINUSE') {
    return new Error(`Port ${port} for ${what} is taken by another program: stop that program or give another port.`, {
      cause: error,
    });
  }
  if (error.code === 'EACCES') {
    return new Error(`Port ${port} for ${what} may not be used by this account: give one above 1023.`, {
      cause: error,
    });
  }
  return error;
}

import { once } from 'node:events';
import { Agent, createServer, request, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Azurite } from '../../local/azure/azurite.ts';
import { freePort } from '../../local/free-port.ts';

/**
 * Azurite as a storage service is: what it has acknowledged survives a crash, and it has a clock of its own, which a
 * test can put forward. The lease of a worker that was killed runs by that clock, so that no test has to wait for its
 * end.
 */
export interface StorageFront {
  readonly connectionString: string;
  /** The service's clock continues from `ms` later. */
  pass(ms: number): void;
  /** Every connection is cut, and the port is closed. Nothing that was answered is lost. */
  crash(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

type Behind = Pick<Azurite, 'connectionString' | 'tablePort' | 'queuePort' | 'stop'> &
  Partial<Pick<Azurite, 'restart'>>;

/**
 * @param azurite the emulator behind it; for `crash` one that keeps its data in a folder, and that is used by nothing
 * else
 */
export async function startStorageFront(azurite: Behind): Promise<StorageFront> {
  let offsetMs = 0;
  const fronts = [
    await startFront(azurite.tablePort, () => offsetMs),
    await startFront(azurite.queuePort, () => offsetMs),
  ];
  const [table, queue] = fronts.map(({ port }) => port);
  return {
    connectionString: behind(azurite, { table: table ?? 0, queue: queue ?? 0 }),
    pass(ms) {
      offsetMs += ms;
    },
    async crash() {
      if (azurite.restart === undefined) throw new Error('Others use this emulator, too.');
      await Promise.all(fronts.map((front) => front.close()));
      // Azurite saves every few seconds and at its end. With SIGKILL it would forget what it has acknowledged, which no
      // storage service does; its callers see a crash all the same.
      await azurite.stop();
    },
    async restart() {
      await azurite.restart?.();
      await Promise.all(fronts.map((front) => front.open()));
    },
    async stop() {
      await Promise.all(fronts.map((front) => front.close()));
      await azurite.stop();
    },
  };
}

function behind(azurite: Behind, ports: { readonly table: number; readonly queue: number }): string {
  return azurite.connectionString
    .replace(`:${azurite.tablePort}/`, `:${ports.table}/`)
    .replace(`:${azurite.queuePort}/`, `:${ports.queue}/`);
}

/** An HTTP proxy that shows another Date. */
async function startFront(target: number, offsetMs: () => number) {
  const sockets = new Set<Socket>();
  const agent = new Agent({ keepAlive: true });
  const fail = (response: ServerResponse) => response.destroy();
  const server = createServer((incoming, response) => {
    const outgoing = request(
      {
        agent,
        host: '127.0.0.1',
        port: target,
        method: incoming.method,
        path: incoming.url,
        headers: incoming.rawHeaders,
        setHost: false,
      },
      (answer) => {
        const date = Date.parse(answer.headers.date ?? '');
        response.writeHead(answer.statusCode ?? 502, {
          ...answer.headers,
          date: new Date(date + offsetMs()).toUTCString(),
        });
        answer.on('error', () => fail(response)).pipe(response);
      },
    );
    outgoing.on('error', () => fail(response));
    incoming.on('error', () => outgoing.destroy()).pipe(outgoing);
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.once('close', () => sockets.delete(socket));
  });
  const open = async (port: number) => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  const port = await freePort();
  await open(port);
  return {
    port,
    open: () => open(port),
    async close() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      agent.destroy();
      await closed;
    },
  };
}

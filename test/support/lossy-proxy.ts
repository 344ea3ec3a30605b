import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A TCP proxy on 127.0.0.1 that can lose an answer on its way back: the server has done the work, the caller never hears of it. */
export interface LossyProxy {
  readonly port: number;
  /** How many connections were made to it. */
  connections(): number;
  /** How many requests reached the server whose head contains the text. */
  seen(head: string): number;
  /** Request line and headers of the last request whose head contains the text. */
  lastHead(head: string): string | undefined;
  /**
   * Swallows the answer to the next request whose head (request line and headers) contains `head`. Then the connection is
   * cut, or, with `hang`, stays open without a word. Resolves when the server has answered into the void.
   */
  loseNext(head: string, how?: 'cut' | 'hang'): Promise<void>;
  /** Ends every connection, those that are made meanwhile too, until it is called with false. */
  down(isDown?: boolean): void;
  stop(): Promise<void>;
}

interface Loss {
  readonly head: string;
  readonly how: 'cut' | 'hang';
  readonly done: () => void;
}

export async function startLossyProxy(targetPort: number): Promise<LossyProxy> {
  const sockets = new Set<Socket>();
  const requests: string[] = [];
  const losses: Loss[] = [];
  let connections = 0;
  let refuses = false;
  const server = createServer((client) => {
    if (refuses) {
      client.on('error', () => {}).resetAndDestroy();
      return;
    }
    connections++;
    const upstream = connect(targetPort, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      // A peer that resets is what this proxy is for; the other side is closed below.
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    let losing: Loss | undefined;
    client.on('data', (chunk: Buffer) => {
      // Bodies can come in chunks of their own; only what begins a request is looked at.
      const head = chunk.toString('latin1').split('\r\n\r\n')[0] ?? '';
      if (/^[A-Z]+ \S+ HTTP\/1\.1/.test(head)) {
        requests.push(head);
        const index = losses.findIndex((loss) => head.includes(loss.head));
        if (index >= 0) [losing] = losses.splice(index, 1);
      }
      upstream.write(chunk);
    });
    upstream.on('data', (chunk: Buffer) => {
      if (losing === undefined) {
        client.write(chunk);
        return;
      }
      losing.done();
      if (losing.how === 'cut') client.destroy();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    connections: () => connections,
    seen: (head) => requests.filter((request) => request.includes(head)).length,
    lastHead: (head) => requests.findLast((request) => request.includes(head)),
    loseNext: (head, how = 'cut') =>
      new Promise((resolve) => {
        losses.push({ head, how, done: resolve });
      }),
    down(isDown = true) {
      refuses = isDown;
      if (isDown) for (const socket of sockets) socket.destroy();
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

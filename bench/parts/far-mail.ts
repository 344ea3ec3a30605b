import { createServer, connect as dial } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect, createServer as createTlsServer } from 'node:tls';
import { listen } from '../../local/listen.ts';
import { answerCalls } from './child.ts';

// A mail server that is far away, in a process of its own: passes everything on to the one that is near, and its answers
// back, each after half a round trip; a log-in takes the time that it takes at Exchange Online.

const sockets = new Set<Duplex>();

/** Passes on what comes, in its order, each piece after `ms`, and nothing before the moment that `heldUntil` names. */
function passOn(from: Duplex, to: Duplex, ms: number, heldUntil: () => number = () => 0): void {
  const waiting: Buffer[] = [];
  sockets.add(from);
  from.on('error', () => from.destroy());
  from.on('close', () => {
    sockets.delete(from);
    to.destroy();
  });
  from.on('data', (chunk: Buffer) => {
    waiting.push(chunk);
    const wait = Math.max(ms, heldUntil() - performance.now());
    // A timer may overtake another: what is sent is always the oldest piece.
    const send = () => void (to.destroyed || to.write(waiting.shift() ?? ''));
    if (wait > 0) setTimeout(send, wait);
    else send();
  });
}

interface Far {
  /** Of the near server, which speaks TLS at once. */
  readonly port: number;
  readonly cert: string;
  readonly key: string;
  readonly roundTripMs: number;
  /** From AUTHENTICATE to its answer, without the round trip. */
  readonly logInMs: number;
}

const handlers = {
  /** @returns the port that stands for the near server's */
  listen: async ({ port, cert, key, roundTripMs, logInMs }: Far) => {
    // Behind the distance, so that the round trips of TLS cost what they cost; in front of it, commands are readable.
    const reader = createTlsServer({ cert, key, noDelay: true }, (client) => {
      const server = connect({ host: '127.0.0.1', port, servername: 'localhost' });
      server.setNoDelay(true);
      let answerAt = 0;
      client.on('data', (chunk: Buffer) => {
        if (chunk.includes(' AUTHENTICATE ')) answerAt = performance.now() + logInMs;
      });
      passOn(client, server, 0);
      passOn(server, client, 0, () => answerAt);
    });
    const behind = await listen(reader, 'the far mail server');
    const front = createServer({ noDelay: true }, (client) => {
      const server = dial({ host: '127.0.0.1', port: behind.port, noDelay: true });
      // The round trip of the connection itself: the client believes that it is there at once.
      const openAt = performance.now() + roundTripMs + roundTripMs / 2;
      passOn(client, server, roundTripMs / 2, () => openAt);
      passOn(server, client, roundTripMs / 2);
    });
    return (await listen(front, 'the way to the far mail server')).port;
  },
  /** Ends every connection: the next work begins with a log-in. */
  cut: () => {
    for (const socket of sockets) socket.destroy();
  },
};

export type FarMailCalls = typeof handlers;

answerCalls(handlers);

import { Agent, createServer, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { listen } from '../../local/listen.ts';
import { answerCalls } from './child.ts';

// Table Storage that is far away, in a process of its own: passes every request on to the emulator, and its answer back
// after a while.

const agent = new Agent({ keepAlive: true });

const handlers = {
  /** @returns the port that stands for the emulator's `port`, `ms` further away */
  listen: async ({ port, ms }: { readonly port: number; readonly ms: number }) => {
    const server = createServer((incoming, response) => {
      const fail = () => response.destroy();
      const options = { agent, host: '127.0.0.1', port, method: incoming.method, path: incoming.url, setHost: false };
      const outgoing = request({ ...options, headers: incoming.rawHeaders }, async (answer) => {
        await delay(ms);
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.on('error', fail).pipe(response);
      });
      outgoing.on('error', fail);
      incoming.on('error', () => outgoing.destroy()).pipe(outgoing);
    });
    return (await listen(server, 'the far store')).port;
  },
};

export type FarStoreCalls = typeof handlers;

answerCalls(handlers);

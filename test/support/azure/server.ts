import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProgramAnswer } from '../../../cli/azure/program.ts';
import { part, text } from './answers.ts';
import { runAz } from './az.ts';
import { runFunc } from './func.ts';
import { type AzureModel, Broken } from './model.ts';
import { answer } from './world.ts';

/** The model behind real sockets and real programs. */
export interface ModelServer {
  /** Sends what is for Azure's hosts to the model, over HTTP. */
  readonly fetch: typeof fetch;
  /** A folder with `az` and `func`: small programs that ask the model what to answer. */
  readonly programs: string;
  /** Environment of every program that was started. */
  readonly environments: string[];
  stop(): Promise<void>;
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const body = Buffer.concat(chunks).toString('utf8');
  return body === '' ? undefined : JSON.parse(body);
}

/** The program itself: it knows nothing about Azure, and passes its input on. */
const script = (url: string, name: string): string => `#!${process.execPath}
let input = '';
for await (const chunk of process.stdin) input += chunk;
const body = JSON.stringify({ args: process.argv.slice(2), input, folder: process.cwd(), environment: process.env });
const answer = await (await fetch('${url}/program/${name}', { method: 'POST', body })).json();
process.stdout.write(answer.stdout);
process.stderr.write(answer.stderr);
process.exitCode = answer.code;
`;

/** Serves the model. A broken connection is a broken connection: the socket is closed without an answer. */
export async function serveModel(model: AzureModel): Promise<ModelServer> {
  const environments: string[] = [];
  const runs = { az: runAz, func: runFunc } as const;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://model');
    const body = await readBody(request);
    const [, kind = '', name = '', ...rest] = url.pathname.split('/');
    const reply = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}) =>
      response.writeHead(status, headers).end(value === undefined ? '' : JSON.stringify(value));
    try {
      if (kind === 'program' && (name === 'az' || name === 'func')) {
        const { args, input, folder, environment } = part(body);
        environments.push(JSON.stringify(environment));
        const answered: ProgramAnswer = runs[name](model, {
          args: Array.isArray(args) ? args.map(text) : [],
          input: text(input),
          folder: text(folder),
        });
        return void reply(200, answered);
      }
      const token = (request.headers.authorization ?? '').replace('Bearer ', '');
      const headers = new Headers(Object.entries(request.headers).map(([key, value]) => [key, String(value)]));
      const target = new URL(`https://${name}/${rest.join('/')}${url.search}`);
      const given = answer(model, { method: request.method ?? 'GET', url: target, token, headers, body });
      reply(given.status, given.status === 204 ? undefined : given.body, given.headers);
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
      request.socket.destroy();
    }
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      model.unknown.push(`the server of the model failed: ${String(error)}`);
      request.socket.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const origin = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;

  // Spaces, an ampersand and quotes in the path of every program.
  const programs = join(mkdtempSync(join(tmpdir(), 'model-')), "az & 'func'");
  mkdirSync(programs);
  for (const name of ['az', 'func']) {
    const path = join(programs, name);
    writeFileSync(path, script(origin, name));
    chmodSync(path, 0o755);
  }
  return {
    programs,
    environments,
    fetch: (input, init) => {
      const url = new URL(String(input));
      return fetch(`${origin}/host/${url.host}${url.pathname}${url.search}`, init);
    },
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

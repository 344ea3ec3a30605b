import { rm } from 'node:fs/promises';
import { askNocobase, filterOf, type NocobaseAnswer, signIn } from './api.ts';
import { rootAccount, startApp, untilServing } from './app.ts';
import { startPostgres } from './postgres.ts';
import { freePort, type Program } from './program.ts';
import { copyTemplate } from './template.ts';

/** A real NocoBase with a database of its own, as its administrator sees it. */
export interface Nocobase {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** `127.0.0.1:PORT` */
  readonly host: string;
  readonly root: { readonly account: string; readonly password: string };
  /** A request as the administrator; throws if it is not answered with 200. */
  readonly ask: (path: string, body?: unknown) => Promise<NocobaseAnswer['body']>;
  /** A request as any user, with any answer. */
  readonly askAs: (token: string, path: string, body?: unknown) => Promise<NocobaseAnswer>;
  /** All records of a collection that match, with every field and its files. */
  readonly records: (collection: string, filter?: object) => Promise<readonly Record<string, unknown>[]>;
  readonly signIn: (account: string, password: string) => Promise<string>;
  /** Ends it: as an administrator does, or as a power cut would. */
  readonly end: (signal: 'SIGTERM' | 'SIGKILL') => Promise<void>;
  /** Starts it again on the same port; resolves as soon as the process runs, long before it serves. */
  readonly begin: () => Promise<void>;
  readonly untilServing: () => Promise<void>;
  /** Its database alone. */
  readonly database: { readonly stop: () => Promise<void>; readonly start: () => Promise<void> };
  readonly stop: () => Promise<void>;
}

/** Starts an unchanged NocoBase. The packages and the template must be there (`prepare.ts`). */
export async function startNocobase(): Promise<Nocobase> {
  const instance = await copyTemplate();
  const cleanUp: (() => Promise<void>)[] = [() => rm(instance.folder, { recursive: true, force: true })];
  const stop = async (): Promise<void> => {
    for (const step of cleanUp.splice(0).reverse()) await step();
  };
  try {
    let postgres = await startPostgres(instance.database);
    cleanUp.push(() => postgres.stop());
    const port = await freePort();
    const settings = { port, databasePort: postgres.port, storage: instance.storage, secrets: instance.secrets };
    const host = `127.0.0.1:${port}`;
    const url = `http://${host}`;
    let program: Program = await startApp(settings);
    // Nothing in it is needed any more.
    cleanUp.push(() => program.end('SIGKILL'));
    await untilServing(url, program);
    const root = { account: rootAccount, password: instance.secrets.rootPassword };
    const token = await signIn(url, root.account, root.password);
    const askAs: Nocobase['askAs'] = (as, path, body) => askNocobase(url, as, path, body);
    const ask: Nocobase['ask'] = async (path, body) => {
      const answer = await askAs(token, path, body);
      if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
      return answer.body;
    };
    return {
      url,
      host,
      root,
      ask,
      askAs,
      records: async (collection, filter = {}) =>
        (await ask(`${collection}:list?paginate=false&sort=id&${filterOf(filter)}`)).data,
      signIn: (account, password) => signIn(url, account, password),
      end: (signal) => program.end(signal),
      begin: async () => {
        program = await startApp(settings);
      },
      untilServing: () => untilServing(url, program),
      database: {
        stop: () => postgres.stop(),
        start: async () => {
          postgres = await startPostgres(instance.database, settings.databasePort);
        },
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { access, chown, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { promisify } from 'node:util';
import type { Certificates } from '../certificates.ts';
import { freePort } from '../free-port.ts';
import { listen } from '../listen.ts';
import { createAppender } from './append.ts';
import { type DovecotSettings, dovecotConfig, oauth2Config } from './dovecot-config.ts';
import type { MailServer } from './stand-ins.ts';

export interface DovecotOptions {
  readonly certificates: Certificates;
  readonly introspectionUrl: string;
  /** A token that opens the mailbox of `address`; for delivery. */
  readonly token: (address: string) => Promise<string>;
  readonly port?: number;
  /** Announces all that Dovecot can do, in place of what Exchange can. */
  readonly everything?: boolean;
  /** Takes every token and opens every mailbox: for measurements. */
  readonly openToAll?: boolean;
  /** See {@link DovecotSettings.submission}; needs Debian's `dovecot-submissiond`. */
  readonly submission?: { readonly port: number; readonly relayPort: number };
}

/** Dovecot can also die, and come back with all its mail. */
export interface DovecotServer extends MailServer {
  /** Ends all of its processes as a power cut would. */
  crash(): Promise<void>;
  /** Starts it again on the same port after `crash`. */
  restart(): Promise<void>;
  /** The Maildir of an address: a file that is moved into its `new` is a message that has arrived, whether Dovecot runs or not. */
  maildir(address: string): string;
}

const run = promisify(execFile);

/** Debian's place first; others are found by PATH. */
const places = ['/usr/sbin/dovecot', '/usr/local/sbin/dovecot', '/opt/homebrew/sbin/dovecot'];

/** Path of the program, or undefined if Dovecot is not installed. */
export async function findDovecot(): Promise<string | undefined> {
  const inPath = (process.env.PATH ?? '').split(':').map((folder) => join(folder, 'dovecot'));
  for (const path of [...places, ...inPath]) {
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  return undefined;
}

/**
 * Starts Dovecot as an instance of its own, without privileges, on loopback, with mail in a temporary folder. It asks
 * the Entra stand-in about every token (RFC 7662).
 * @throws Error with one sentence if it is not installed, if the port is taken, or with its log if it does not start
 */
export async function startDovecot(options: DovecotOptions): Promise<DovecotServer> {
  const program = await findDovecot();
  if (program === undefined) {
    throw new Error('Dovecot is not installed: run `apt-get install dovecot-imapd`, or leave out `--imap dovecot`.');
  }
  const port = await portFor(options.port);
  const settings = await prepare(options, port);
  const config = join(settings.folder, 'dovecot.conf');
  const endpoint = { host: 'localhost', port, secure: true };
  const appender = createAppender(endpoint, options.token);

  const start = async (): Promise<ChildProcess> => {
    const { child, complaints } = launch(program, config, settings);
    try {
      await untilGreeted(port, () => hasEnded(child));
      return child;
    } catch (error) {
      const log = await readFile(join(settings.folder, 'dovecot.log'), 'utf8').catch(() => '');
      await stop(child);
      throw new Error(`Dovecot did not start. It said:\n${complaints()}${log.slice(0, 2000)}`, { cause: error });
    }
  };
  const stop = async (child: ChildProcess): Promise<void> => {
    await appender.close();
    const exited = hasEnded(child) ? undefined : once(child, 'exit');
    child.stdio[3]?.destroy();
    await Promise.race([exited, delay(5000, undefined, { ref: false })]);
    kill(child);
    await rm(settings.folder, { recursive: true, force: true });
  };

  let running = await start();
  let stopping: Promise<void> | undefined;
  return {
    ...endpoint,
    deliver: (address, raw, drop = {}) => appender.append(address, raw, drop),
    kill: (address = '*') => {
      // `doveadm kick` prints only whom it kicked, and fails without connections.
      run(program.replace(/sbin\/dovecot$/, 'bin/doveadm'), ['-c', config, 'kick', address]).catch(() => undefined);
    },
    crash: async () => {
      if (hasEnded(running)) return;
      const exited = once(running, 'exit');
      kill(running);
      await exited;
    },
    restart: async () => {
      // It reports a dead process that was not reaped yet as alive.
      await rm(join(settings.folder, 'run', 'master.pid'), { force: true });
      running = await start();
    },
    maildir: (address) => join(settings.folder, 'mail', address.toLowerCase(), 'Maildir'),
    stop: () => {
      stopping ??= stop(running);
      return stopping;
    },
  };
}

/** Runs Dovecot in a process group of its own; `complaints` is what it has said so far. */
function launch(program: string, config: string, { folder, uid, gid }: DovecotSettings) {
  // The shell ends Dovecot when its pipe closes, which also happens when this process is killed.
  const script = '"$0" -F -c "$1" & pid=$!; (cat <&3 >/dev/null; kill $pid) & wait $pid';
  const child = spawn('/bin/sh', ['-c', script, program, config], {
    cwd: folder,
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    detached: true,
    ...(process.getuid?.() === 0 ? { uid, gid } : {}),
  });
  let complaints = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    complaints += chunk.toString();
  });
  child.once('error', (error) => {
    complaints += error.message;
  });
  child.stdio[3]?.on('error', () => undefined);
  return { child, complaints: () => complaints };
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

/** Ends the shell, Dovecot and everything that it has started. */
function kill(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    // The process group is empty.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** A free port, or the one that was asked for, seen to be free. */
async function portFor(port?: number): Promise<number> {
  if (port === undefined) return freePort();
  const listener = await listen(createServer(), 'Dovecot', port);
  await listener.stop();
  return listener.port;
}

/** Writes the configuration. As root everything belongs to `nobody`, which is then also who runs it. */
async function prepare(options: DovecotOptions, port: number): Promise<DovecotSettings> {
  const folder = await mkdtemp(join(tmpdir(), 'nmb-dovecot-'));
  const account = await runAs();
  const settings = {
    folder,
    port,
    ...account,
    everything: options.everything ?? false,
    openToAll: options.openToAll ?? false,
    ...(options.submission === undefined ? {} : { submission: options.submission }),
  };
  const { cert, key } = options.certificates;
  await mkdir(join(folder, 'run'));
  await mkdir(join(folder, 'mail'));
  await writeFile(join(folder, 'cert.pem'), cert);
  await writeFile(join(folder, 'key.pem'), key, { mode: 0o600 });
  await writeFile(join(folder, 'dovecot.conf'), dovecotConfig(settings));
  await writeFile(join(folder, 'oauth2.conf'), oauth2Config(options.introspectionUrl));
  if (process.getuid?.() === 0) {
    for (const name of ['.', ...(await readdir(folder))]) await chown(join(folder, name), account.uid, account.gid);
  }
  return settings;
}

async function runAs(): Promise<Pick<DovecotSettings, 'user' | 'group' | 'uid' | 'gid'>> {
  const user = process.getuid?.() === 0 ? 'nobody' : userInfo().username;
  const ask = async (flag: string): Promise<string> => (await run('id', [flag, user])).stdout.trim();
  return { user, group: await ask('-gn'), uid: Number(await ask('-u')), gid: Number(await ask('-g')) };
}

/** Until the server says hello, for at most 10 seconds. */
async function untilGreeted(port: number, hasEnded: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (Date.now() < deadline && !hasEnded()) {
    const greeted = await new Promise<boolean>((resolve) => {
      const socket = connectTls({ host: '127.0.0.1', port, servername: 'localhost' });
      const end = (result: boolean) => {
        socket.destroy();
        resolve(result);
      };
      socket.setTimeout(1000, () => end(false));
      socket.once('error', () => end(false));
      socket.once('close', () => resolve(false));
      socket.once('data', (chunk) => end(chunk.toString().startsWith('* OK')));
    });
    if (greeted) return;
    await delay(50);
  }
  throw new Error('It does not answer.');
}

import { execFile, spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, chown, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { promisify } from 'node:util';
import type { Certificates } from '../certificates.ts';
import { listen } from '../listen.ts';
import type { MailServer } from '../world.ts';
import { createAppender } from './append.ts';
import { type DovecotSettings, dovecotConfig, oauth2Config } from './dovecot-config.ts';

export interface DovecotOptions {
  readonly certificates: Certificates;
  readonly introspectionUrl: string;
  /** A token that opens the mailbox of `address`; for delivery. */
  readonly token: (address: string) => Promise<string>;
  readonly port?: number;
  /** Announces all that Dovecot can do, in place of what Exchange can. */
  readonly everything?: boolean;
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
export async function startDovecot(options: DovecotOptions): Promise<MailServer> {
  const program = await findDovecot();
  if (program === undefined) {
    throw new Error('Dovecot is not installed: run `apt-get install dovecot-imapd`, or leave out `--imap dovecot`.');
  }
  const port = await freePort(options.port);
  const settings = await prepare(options, port);
  const config = join(settings.folder, 'dovecot.conf');

  // The shell ends Dovecot when its pipe closes, which also happens when this process is killed.
  const script = '"$0" -F -c "$1" & pid=$!; (cat <&3 >/dev/null; kill $pid) & wait $pid';
  const child = spawn('/bin/sh', ['-c', script, program, config], {
    cwd: settings.folder,
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    ...(process.getuid?.() === 0 ? { uid: settings.uid, gid: settings.gid } : {}),
  });
  let complaints = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    complaints += chunk.toString();
  });
  let ended = false;
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => {
      ended = true;
      resolve();
    });
  });
  child.once('error', (error) => {
    complaints += error.message;
  });
  const pipe = child.stdio[3];
  pipe?.on('error', () => undefined);

  const endpoint = { host: 'localhost', port, secure: true };
  const appender = createAppender(endpoint, options.token);
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopping ??= (async () => {
      await appender.close();
      pipe?.destroy();
      await Promise.race([exited, delay(5000)]);
      if (!ended) child.kill('SIGKILL');
      await rm(settings.folder, { recursive: true, force: true });
    })();
    return stopping;
  };

  try {
    await untilGreeted(port, () => ended);
  } catch (error) {
    const log = await readFile(join(settings.folder, 'dovecot.log'), 'utf8').catch(() => '');
    await stop();
    throw new Error(`Dovecot did not start. It said:\n${complaints}${log.slice(0, 2000)}`, { cause: error });
  }

  return {
    ...endpoint,
    deliver: (address, raw, drop = {}) => appender.append(address, raw, drop),
    kill: (address = '*') => {
      // `doveadm kick` says no more than whom it kicked, and fails where nobody is connected.
      run(program.replace(/sbin\/dovecot$/, 'bin/doveadm'), ['-c', config, 'kick', address]).catch(() => undefined);
    },
    stop,
  };
}

/** A free port, or the one that was asked for, seen to be free. */
async function freePort(port?: number): Promise<number> {
  const listener = await listen(createServer(), 'Dovecot', port);
  await listener.stop();
  return listener.port;
}

/** Writes the configuration. As root everything belongs to `nobody`, which is then also who runs it. */
async function prepare(options: DovecotOptions, port: number): Promise<DovecotSettings> {
  const folder = await mkdtemp(join(tmpdir(), 'nmb-dovecot-'));
  const account = await runAs();
  const settings = { folder, port, ...account, everything: options.everything ?? false };
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

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { freePort, listening } from './ports.ts';

export const dovecotPath = '/usr/sbin/dovecot';
export const hasDovecot = existsSync(dovecotPath);

export interface PlainDovecot {
  readonly port: number;
  /** A token that opens this mailbox. */
  tokenFor(address: string): string;
  stop(): Promise<void>;
}

/**
 * A Dovecot of one's own on loopback without TLS, for tests of reading: every mailbox opens with a token made up for it. It hides what
 * Exchange has not (CONDSTORE, QRESYNC, SPECIAL-USE, OAUTHBEARER) unless `everything` is asked for.
 */
export async function startPlainDovecot(options: { readonly everything?: boolean } = {}): Promise<PlainDovecot> {
  const base = await mkdtemp(join(tmpdir(), 'dovecot-'));
  const prefix = 'token-of-the-test-';
  const introspection = createServer((request, response) => {
    request.resume();
    const token = /token=(.*)$/.exec(request.url ?? '')?.[1] ?? '';
    const active = token.startsWith(prefix);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ active, email: Buffer.from(token.slice(prefix.length), 'hex').toString() }));
  });
  const introspectionPort = await listening(introspection);
  const port = await freePort();

  // Started as root (as in a container) Dovecot reads mail as its own user and its helpers run as two more; started by
  // anybody else everything runs as that person.
  const isRoot = userInfo().uid === 0;
  const mail = isRoot ? 'dovecot' : userInfo().username;
  const users = isRoot
    ? 'default_internal_user = dovecot\ndefault_login_user = dovenull\n'
    : `default_internal_user = ${mail}\ndefault_login_user = ${mail}\ndefault_internal_group = ${mail}\n`;
  const capability = 'IMAP4rev1 AUTH=XOAUTH2 SASL-IR UIDPLUS MOVE ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+';
  const chroot = isRoot ? '' : 'service anvil {\n  chroot =\n}\nservice imap-login {\n  chroot =\n}\n';
  await mkdir(join(base, 'mail'), { mode: 0o777 });
  await writeFile(
    join(base, 'oauth2.conf'),
    `introspection_mode = get\nintrospection_url = http://127.0.0.1:${introspectionPort}/?token=\nactive_attribute = active\nactive_value = true\nforce_introspection = yes\n`,
  );
  await writeFile(
    join(base, 'dovecot.conf'),
    `base_dir = ${base}/run
state_dir = ${base}/state
log_path = ${base}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_mechanisms = xoauth2
${users}${chroot}service imap-login {
  inet_listener imap {
    port = ${port}
  }
  inet_listener imaps {
    port = 0
  }
}
${options.everything === true ? '' : `imap_capability = ${capability}\n`}mail_location = maildir:${base}/mail/%u
mail_max_userip_connections = 1000
first_valid_uid = 1
first_valid_gid = 0
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = ${base}/oauth2.conf
}
userdb {
  driver = static
  args = uid=${mail} gid=${isRoot ? 'dovecot' : userInfo().gid} home=${base}/mail/%u
}
namespace inbox {
  inbox = yes
  separator = /
  mailbox "Gesendete Elemente" {
    auto = create
    ${options.everything === true ? 'special_use = \\Sent' : ''}
  }
}
`,
  );
  if (isRoot) await chown(base, mail);
  const child = spawn(dovecotPath, ['-F', '-c', join(base, 'dovecot.conf')], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    introspection.close();
    introspection.closeAllConnections();
    await rm(base, { recursive: true, force: true });
  };
  for (let tries = 0; !(await answers(port)); tries += 1) {
    if (tries > 100) {
      await stop();
      throw new Error('Dovecot did not come up');
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { port, tokenFor: (address) => prefix + Buffer.from(address).toString('hex'), stop };
}

async function chown(base: string, user: string): Promise<void> {
  await new Promise<void>((resolve) => spawn('chown', ['-R', `${user}:`, base]).once('exit', () => resolve()));
  await new Promise<void>((resolve) => spawn('chmod', ['755', base]).once('exit', () => resolve()));
}

async function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('data', () => resolve(socket.destroy() !== undefined));
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });
}

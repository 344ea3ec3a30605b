/**
 * A server for outgoing mail that can be killed: `node smtp-server.ts PORT FOLDER`. FOLDER holds `cert.pem`, `key.pem`,
 * and `maildirs.json`, which names the Maildir of Sent for each address. It notes what it has taken in FOLDER/taken, a
 * line of JSON each, and only then answers; the copy in Sent comes a little later. Killed in between, it has the
 * message without the sender knowing; killed before the copy, this stays unknown.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SMTPServer } from 'smtp-server';
import { intoMaildir } from './maildir.ts';

const [, , port, folder = ''] = process.argv;
const sentOf: Record<string, string> = JSON.parse(readFileSync(join(folder, 'maildirs.json'), 'utf8'));

const slowestAnswerMs = 30;
const slowestCopyMs = 400;
let copies = 0;

const server = new SMTPServer({
  cert: readFileSync(join(folder, 'cert.pem')),
  key: readFileSync(join(folder, 'key.pem')),
  authMethods: ['XOAUTH2'],
  disableReverseLookup: true,
  onAuth: ({ username = '', accessToken = '' }, _session, done) =>
    accessToken === '' ? done(new Error('no token')) : done(null, { user: username }),
  onData(stream, session, done) {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', async () => {
      const raw = Buffer.concat(chunks);
      const id = /^X-NocoBase-Submission: (\S+)/m.exec(raw.toString('latin1'))?.[1] ?? '';
      await delay(Math.random() * slowestAnswerMs);
      appendFileSync(join(folder, 'taken'), `${JSON.stringify({ id })}\n`);
      await delay(Math.random() * slowestAnswerMs);
      done();
      const maildir = sentOf[String(session.user)];
      await delay(Math.random() * slowestCopyMs);
      if (maildir !== undefined)
        await intoMaildir(maildir, `${Date.now()}.smtp${process.pid}_${++copies}.localhost`, raw);
    });
  },
});
server.on('error', () => undefined);
server.listen(Number(port), '127.0.0.1', () => process.send?.('ready'));

process.once('disconnect', () => process.exit(0));

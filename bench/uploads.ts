/**
 * `node bench/uploads.ts [COUNT]`: what is held in memory while three (or COUNT) messages with 20 MB of files each are
 * uploaded at the same time, and sent. The local host runs the app in its own process, so the same uploads also go to an app
 * that keeps nothing: that is the host's share, and the rest the worker's. Prints megabytes of resident memory.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { bundleOf } from '../test/support/bundle.ts';
import { startHostProcess } from '../test/support/host-process.ts';
import { startWorld } from '../test/support/world.ts';
import { memoryOf } from './parts/memory-limit.ts';

const atOnce = Number(process.argv[2] ?? 3);
const fileBytes = 20 * 1024 * 1024;
const megabytes = (bytes: number): string => `${Math.round(bytes / 1024 / 1024)} MB`;

interface Uploaded {
  readonly rest: number;
  readonly most: number;
}

/** Uploads at once, after one that warms up. @param address takes a form */
async function upload(pid: number, address: string, headers: Record<string, string>): Promise<Uploaded> {
  async function send(key: string, bytes: number): Promise<number> {
    const form = new FormData();
    form.set('to', 'grace@contoso.example');
    form.set('subject', key);
    form.set('text', 'Hello');
    form.append('attachments', new Blob([Buffer.alloc(bytes, 'a')]), 'file.bin');
    const answer = await fetch(address, {
      method: 'POST',
      headers: { ...headers, 'idempotency-key': key },
      body: form,
    });
    if (answer.status !== 202) console.log(key, answer.status, (await answer.text()).slice(0, 200));
    return answer.status;
  }
  await send('warm-up', 1024);
  const { now: rest } = await memoryOf(pid);
  const answers = await Promise.all(Array.from({ length: atOnce }, (_, index) => send(`large-${index}`, fileBytes)));
  console.log(`answers: ${answers.join(', ')}`);
  return { rest, most: (await memoryOf(pid)).most };
}

const show = ({ rest, most }: Uploaded): string =>
  `at rest ${megabytes(rest)}, at most ${megabytes(most)}: ${megabytes(most - rest)} more`;

const bundle = await bundleOf(join(import.meta.dirname, 'parts/drain-app.ts'));
const bare = await startHostProcess({ settings: {}, bundle });
try {
  console.log(`the host with an app that keeps nothing: ${show(await upload(bare.pid, `${bare.url}/api/drain`, {}))}`);
} finally {
  await bare.stop();
}

const world = await startWorld();
try {
  const hostPid = Number(hostOf(new URL(world.url).port));
  const { mailboxId } = await world.connect('ada@contoso.example');
  const headers = { authorization: `Bearer ${world.services.stack.adminKey}` };
  const uploaded = await upload(hostPid, `${world.url}/mailboxes/${mailboxId}/send`, headers);
  console.log(`the host with the broker: ${show(uploaded)}`);
  const sent = () => world.standIns.smtp.accepted().length;
  for (let waited = 0; waited < 60 && sent() < 1 + atOnce; waited++) await delay(1_000);
  console.log(`${sent()} sent; at most until then ${megabytes((await memoryOf(hostPid)).most)}`);
} finally {
  await world.stop();
}

/** The process that listens there. */
function hostOf(port: string): string {
  const lines = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n');
  const found = lines.find((line) => line.includes('local/host/run.ts') && line.includes(`--port ${port}`));
  return found?.trim().split(/\s+/)[0] ?? '';
}

/**
 * `node bench/uploads.ts [COUNT]`: what the memory of the process is that is host and worker here, while three (or COUNT) messages with 20 MB of
 * files each are uploaded at the same time, and sent. Prints megabytes of resident memory: at rest, and the most.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { startWorld } from '../test/support/world.ts';

const atOnce = Number(process.argv[2] ?? 3);
const fileBytes = 20 * 1024 * 1024;

const world = await startWorld();
try {
  const port = new URL(world.url).port;
  const pid = hostOf(port);
  const memory = (field: 'VmRSS' | 'VmHWM') =>
    Math.round(
      Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024,
    );
  const { mailboxId } = await world.connect('ada@contoso.example');
  await send('warm-up', 1024);
  const rest = memory('VmRSS');
  const answers = await Promise.all(Array.from({ length: atOnce }, (_, index) => send(`large-${index}`, fileBytes)));
  console.log(`answers: ${answers.join(', ')}`);
  console.log(`at rest ${rest} MB, at most while uploading ${memory('VmHWM')} MB`);
  for (
    let waited = 0;
    waited < 60 && world.standIns.smtp.accepted().length < 1 + answers.filter((each) => each === 202).length;
    waited++
  )
    await delay(1_000);
  console.log(`${world.standIns.smtp.accepted().length} sent; at most until then ${memory('VmHWM')} MB`);

  async function send(key: string, bytes: number): Promise<number> {
    const form = new FormData();
    form.set('to', 'grace@contoso.example');
    form.set('subject', key);
    form.set('text', 'Hello');
    form.append('attachments', new Blob([Buffer.alloc(bytes, 'a')]), 'file.bin');
    const answer = await fetch(`${world.url}/mailboxes/${mailboxId}/send`, {
      method: 'POST',
      headers: { authorization: `Bearer ${world.services.stack.adminKey}`, 'idempotency-key': key },
      body: form,
    });
    if (answer.status !== 202) console.log(key, answer.status, (await answer.text()).slice(0, 200));
    return answer.status;
  }
} finally {
  await world.stop();
}

/** The process that listens there. */
function hostOf(port: string): string {
  const lines = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n');
  const found = lines.find((line) => line.includes('local/host/run.ts') && line.includes(`--port ${port}`));
  return found?.trim().split(/\s+/)[0] ?? '';
}

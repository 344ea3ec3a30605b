import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { makeCertificates } from '../../local/certificates.ts';
import { type HostProcess, startHostProcess } from '../../test/support/host-process.ts';
import { type Child, startChild } from '../parts/child.ts';
import type { FarMailCalls } from '../parts/far-mail.ts';
import { fill } from '../parts/fill.ts';
import type { MailboxFloorCalls, MailboxWork } from '../parts/mailbox-floor.ts';
import { median, type Row, type Scenario, spread, until } from '../parts/measure.ts';
import { makeMessage } from '../parts/messages.ts';
import { collection, type Site, startSite } from '../parts/site.ts';

const address = 'reader@contoso.example';
const messages = 60;
const fileBytes = 5 * 1024 * 1024;
const roundTripMs = 40;
const logInMs = 700;
/** Log-ins take most of the time of a cold round, and always the same. */
const rounds = { warm: 3, cold: 2 } as const;

const works: readonly { readonly work: MailboxWork; readonly what: string }[] = [
  { work: 'list', what: 'a list of 50' },
  { work: 'open', what: 'one message' },
  { work: 'attachment', what: 'a file of 5 MB, in pieces of 1 MiB' },
  { work: 'change', what: 'a flag of ten messages' },
];

/**
 * A mailbox over HTTP as a person works in it, with the mail server 40 ms away and log-ins of 700 ms: with a session that
 * is there, and without one. The floor is a bare client over the same connection, which opens the folder and gives the one
 * command.
 */
export const mailbox: Scenario = {
  name: 'mailbox',
  async run(tell) {
    const folder = await mkdtemp(join(tmpdir(), 'bench-far-'));
    const site = await startSite({ mail: 'dovecot' });
    let host: HostProcess | undefined;
    let far: Child<FarMailCalls> | undefined;
    let floor: Child<MailboxFloorCalls> | undefined;
    try {
      const { cert, key, ca } = await makeCertificates(folder);
      const authorities = join(folder, 'all.pem');
      await writeFile(authorities, `${await readFile(site.ca, 'utf8')}\n${ca}`);
      const env = { NODE_EXTRA_CA_CERTS: authorities };
      far = startChild<FarMailCalls>(new URL('../parts/far-mail.ts', import.meta.url), { env });
      const port = await far.call('listen', { port: site.imap.port, cert, key, roundTripMs, logInMs });
      floor = startChild<MailboxFloorCalls>(new URL('../parts/mailbox-floor.ts', import.meta.url), { env });
      host = await startHostProcess({ settings: { ...site.services.settings, IMAP_PORT: String(port) }, env });
      const person = await personAt(site, host);

      const measure = async (work: MailboxWork, isCold: boolean, flagged: boolean, isFloorFirst: boolean) => {
        const turns = {
          floor: () => floor?.call('work', { imap: { ...site.imap, port }, address, work, isCold, uids, flagged }),
          ours: async () => {
            if (isCold) {
              await far?.call('cut');
              // Until the broker has noticed.
              await delay(100);
            }
            return person.work(work, flagged);
          },
        };
        const first = isFloorFirst ? await turns.floor() : await turns.ours();
        const second = isFloorFirst ? await turns.ours() : await turns.floor();
        const [bare, ours] = isFloorFirst ? [first, second] : [second, first];
        if (bare === undefined || ours === undefined || bare.value !== ours.value || ours.value === 0)
          throw new Error(`${work}: the floor found ${bare?.value}, the broker ${ours?.value}.`);
        return { floor: bare.wallMs, ours: ours.wallMs };
      };
      const uids = person.uids;

      const rows: Row[] = [];
      let turn = 0;
      for (const { work, what } of works) {
        for (const kind of ['warm', 'cold'] as const) {
          const found = { floor: [] as number[], ours: [] as number[] };
          // The first warm round loads code and logs in.
          for (let round = kind === 'warm' ? -1 : 0; round < rounds[kind]; round++) {
            turn += 1;
            const once = await measure(work, kind === 'cold', turn % 2 === 0, turn % 4 < 2);
            if (round < 0) continue;
            found.floor.push(once.floor);
            found.ours.push(once.ours);
          }
          const more = median(found.ours.map((ms, round) => ms - (found.floor[round] ?? Number.NaN)));
          tell(`${what}, ${kind}: ${spread(found.ours, 'ms')}, floor ${spread(found.floor, 'ms')}`);
          rows.push({
            what: `A mailbox over HTTP, mail server ${roundTripMs} ms away, ${kind === 'warm' ? 'with a session' : `log-in of ${logInMs} ms, ${rounds.cold} rounds`}: ${what}`,
            floor: spread(found.floor, 'ms'),
            ours: spread(found.ours, 'ms'),
            ratio: `${more.toFixed(0)} ms more`,
            target: '-',
            met: true,
          });
        }
      }
      return { rows, rounds: rounds.warm };
    } finally {
      await host?.stop();
      await floor?.stop();
      await far?.stop();
      await site.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

interface Listed {
  readonly items: readonly { readonly messageRef: string; readonly subject: string }[];
}

/** Someone with a key and a mailbox full of mail, which has been polled and is left alone from now on. */
async function personAt(site: Site, host: HostProcess) {
  const authorization = `Bearer ${site.services.stack.adminKey}`;
  const call = async (method: string, path: string, body?: unknown) => {
    const answer = await fetch(`${host.url}/api/${path}`, {
      method,
      headers: { authorization, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  };
  const destination = await call('POST', 'destinations', collection(site));
  const { id: destinationId } = (await destination.json()) as { readonly id: string };
  const mail = Array.from({ length: messages - 1 }, (_, number) => makeMessage('html', number));
  await fill(site.imap, address, [makeMessage('attachment', messages, fileBytes), ...mail]);
  const added = await call('POST', 'mailboxes', { address, auth: 'app', destinationId, syncFrom: 'now' });
  const { id } = (await added.json()) as { readonly id: string };
  await site.receiver.call('clear');
  await fill(site.imap, address, [makeMessage('html', messages)]);
  await until(
    'the message that came last',
    async () => ((await site.receiver.call('count')) > 0 ? true : undefined),
    60_000,
  );
  await call('PATCH', `mailboxes/${id}`, { paused: true });

  const list = async (limit: number) =>
    ((await (await call('GET', `mailboxes/${id}/messages?folder=inbox&limit=${limit}`)).json()) as Listed).items;
  // Messages were numbered as they came: the one with the file has the UID 1.
  const all = (await list(100)).map(({ messageRef }) => messageRef);
  const [newest = '', withFile = ''] = [all[0], all.at(-1)];
  const ten = all.slice(0, 10);
  const does: Record<MailboxWork, (flagged: boolean) => Promise<number>> = {
    list: async () => (await list(50)).length,
    open: async () => {
      const { text } = (await (await call('GET', `mailboxes/${id}/messages/${newest}`)).json()) as { text?: string };
      return text === undefined ? 0 : 1;
    },
    attachment: async () => {
      const answer = await call('GET', `mailboxes/${id}/messages/${withFile}/attachments/2`);
      let bytes = 0;
      for await (const chunk of answer.body ?? []) bytes += chunk.length;
      return bytes;
    },
    change: async (flagged) => {
      const answer = await call('PATCH', `mailboxes/${id}/messages`, { messageRefs: ten, flagged });
      const { results } = (await answer.json()) as { readonly results: readonly { readonly ok: boolean }[] };
      return results.filter(({ ok }) => ok).length;
    },
  };
  const last = messages + 1;
  return {
    uids: { open: last, attachment: 1, change: ten.map((_, number) => last - number) },
    work: async (work: MailboxWork, flagged: boolean) => {
      const start = performance.now();
      const value = await does[work](flagged);
      return { wallMs: performance.now() - start, value };
    },
  };
}

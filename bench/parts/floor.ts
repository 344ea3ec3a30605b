import { TableClient } from '@azure/data-tables';
import type { ImapFlow } from 'imapflow';
import PostalMime from 'postal-mime';
import sanitize from 'sanitize-html';
import { Agent, request } from 'undici';
import type { Endpoint } from '../../local/stack.ts';
import { windowSizes } from '../../src/lib/domain/events/window-size.ts';
import { openBareClient } from './bare-client.ts';
import { answerCalls } from './child.ts';
import { heldNow } from './held.ts';

// What the same libraries take for the bare work, with nothing around them: no state, no order, no retry, no signature.

// As many as the broker opens to a destination at most.
const agent = new Agent({ connections: windowSizes.most });

async function measured<T>(work: () => Promise<T>) {
  const cpu = process.cpuUsage();
  const start = performance.now();
  const value = await work();
  const { user, system } = process.cpuUsage(cpu);
  return { wallMs: performance.now() - start, cpuMs: (user + system) / 1000, value };
}

/** What a floor has to drain. */
interface FloorJob {
  readonly imap: Endpoint;
  readonly addresses: readonly string[];
  readonly url: string;
  readonly atOnce: number;
  readonly html: boolean;
  /** Tables in which one row is written after every message: what is known of a mail cannot be stored for less. */
  readonly tables?: string | undefined;
}

/** Writes the same small row over and over. */
async function openRow(tables: string): Promise<() => Promise<unknown>> {
  const table = TableClient.fromConnectionString(tables, 'benchfloor', { allowInsecureConnection: true });
  await table.createTable();
  const row = { partitionKey: 'floor', rowKey: 'row', bytes: Buffer.alloc(256) };
  return () => table.upsertEntity(row, 'Replace');
}

/** One FETCH of everything, each message parsed and posted, `atOnce` of them under way. */
async function drain(address: string, { imap, url, atOnce, html, tables }: FloorJob): Promise<number> {
  const note = tables === undefined ? undefined : await openRow(tables);
  const client = await openBareClient(imap, address);
  await client.mailboxOpen('INBOX', { readOnly: true });
  const underWay = new Set<Promise<void>>();
  let count = 0;
  const query = { uid: true, flags: true, internalDate: true, size: true, bodyStructure: true, source: true };
  for await (const message of client.fetch('1:*', query, { uid: true })) {
    count += 1;
    const post = async () => {
      const mail = await PostalMime.parse(message.source ?? '');
      const body = JSON.stringify({
        messageKey: `floor-${address}-${message.uid}`,
        mailbox: { id: address },
        subject: mail.subject,
        from: mail.from,
        to: mail.to,
        messageId: mail.messageId,
        date: mail.date,
        receivedAt: message.internalDate,
        text: mail.text,
        html: mail.html === undefined || !html ? null : sanitize(mail.html),
      });
      const answer = await request(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        dispatcher: agent,
      });
      await answer.body.text();
      await note?.();
    };
    const work = post().finally(() => underWay.delete(work));
    underWay.add(work);
    if (underWay.size >= atOnce) await Promise.race(underWay);
  }
  await Promise.all(underWay);
  await client.logout();
  return count;
}

const kept: ImapFlow[] = [];

const handlers = {
  drain: (job: FloorJob) => measured(() => Promise.all(job.addresses.map((address) => drain(address, job)))),
  /** Opens bare sessions and keeps them. */
  keep: async ({ imap, addresses }: { imap: Endpoint; addresses: readonly string[] }) => {
    for (let at = 0; at < addresses.length; at += 20) {
      kept.push(...(await Promise.all(addresses.slice(at, at + 20).map((address) => openBareClient(imap, address)))));
    }
  },
  /** Asks on every kept session for the STATUS of each folder. */
  status: (paths: readonly string[]) =>
    measured(() =>
      Promise.all(
        kept.map(async (client) => {
          for (const path of paths)
            await client.status(path, { uidNext: true, uidValidity: true, messages: true, unseen: true });
        }),
      ),
    ),
  /** What this process holds when it has tidied up; see {@link heldNow}. */
  held: heldNow,
};

export type FloorCalls = typeof handlers;

answerCalls(handlers);

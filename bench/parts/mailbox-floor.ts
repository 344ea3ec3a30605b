import type { ImapFlow } from 'imapflow';
import type { Endpoint } from '../../local/stack.ts';
import { openBareClient } from './bare-client.ts';
import { answerCalls } from './child.ts';

// What a bare client takes for the work of a person at a mailbox. It knows the UIDs, checks and stores nothing, and renders
// nothing.

export type MailboxWork = 'list' | 'open' | 'attachment' | 'change';

/** The newest messages: the last ten are changed, one of them is opened. */
interface Job {
  readonly imap: Endpoint;
  readonly address: string;
  readonly work: MailboxWork;
  /** Logs in for this, in place of using the session of the work before. */
  readonly isCold: boolean;
  readonly uids: { readonly open: number; readonly attachment: number; readonly change: readonly number[] };
  readonly flagged: boolean;
}

let kept: ImapFlow | undefined;

const openFor = ({ imap, address }: Job): Promise<ImapFlow> => openBareClient(imap, address, { compresses: false });

/** What came of it, by which the scenario sees that both did the same: messages, or bytes of the file. */
async function doWork(client: ImapFlow, { work, uids, flagged }: Job): Promise<number> {
  const { exists } = await client.mailboxOpen('INBOX', { readOnly: work !== 'change' });
  switch (work) {
    case 'list': {
      const query = { uid: true, flags: true, envelope: true, internalDate: true, size: true, bodyStructure: true };
      return (await client.fetchAll(`${exists - 49}:*`, query)).length;
    }
    case 'open': {
      const found = await client.fetchOne(String(uids.open), { flags: true, source: true }, { uid: true });
      return found === false || found.source === undefined ? 0 : 1;
    }
    case 'attachment': {
      let bytes = 0;
      const file = await client.download(String(uids.attachment), '2', { uid: true, chunkSize: 1024 * 1024 });
      for await (const chunk of file.content ?? []) bytes += (chunk as Buffer).length;
      return bytes;
    }
    case 'change': {
      const set = uids.change.join(',');
      const how = flagged ? 'messageFlagsAdd' : 'messageFlagsRemove';
      return (await client[how](set, ['\\Flagged'], { uid: true })) ? uids.change.length : 0;
    }
  }
}

const handlers = {
  work: async (job: Job) => {
    if (job.isCold) kept?.close();
    if (job.isCold) kept = undefined;
    else kept ??= await openFor(job);
    const start = performance.now();
    const client = kept ?? (await openFor(job));
    const value = await doWork(client, job);
    const wallMs = performance.now() - start;
    if (client !== kept) client.close();
    return { wallMs, value };
  },
};

export type MailboxFloorCalls = typeof handlers;

answerCalls(handlers);

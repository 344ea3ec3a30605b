import { ImapFlow } from 'imapflow';
import { z } from 'zod';
import type { ReceivedEvent } from '../nocobase/stand-in.ts';
import { StepFailed } from './broker-client.ts';
import { type DemoJob, eventually, seconds } from './demo-job.ts';

const message = z.object({
  data: z.object({
    mailbox: z.object({ id: z.string() }),
    messageRef: z.string(),
    messageId: z.string().nullable(),
    subject: z.string(),
    threadKey: z.string(),
    submissionId: z.string().nullish(),
  }),
});

const outcome = z.object({ data: z.object({ submissionId: z.string(), state: z.string() }) });

/**
 * She answers the mail from NocoBase's side: the broker sends it through her mailbox, tells what became of it, and the
 * answer lies in the other mailbox and in her Sent folder, in the same thread.
 * @param event the mail as it arrived at NocoBase
 * @throws StepFailed with one sentence
 */
export async function showAnswer(job: DemoJob, event: ReceivedEvent): Promise<void> {
  const { client, terminal, user, sender, standIns } = job;
  if (standIns.smtp === undefined) return;
  const { data: offer } = message.parse(event.body);
  terminal.step(`${user.name} answers from NocoBase`);
  const since = performance.now();
  const id = await client.answer(offer.mailbox.id, offer.messageRef, 'Thursday suits us. Greetings to Zoë!');
  terminal.detail(`POST mailboxes/…/send → 202, ${id.slice(0, 12)}…`);

  const told = await eventually(job, 'The broker did not say what became of the answer', () =>
    standIns.nocobase?.events().find(({ body, type }) => {
      const submission = type.startsWith('submission.') ? outcome.safeParse(body).data?.data : undefined;
      return submission?.submissionId === id;
    }),
  );
  const { state } = outcome.parse(told.body).data;
  terminal.detail(`after ${seconds(since)}, ${told.type}: the submission is ${state}`);
  if (state !== 'sent') throw new StepFailed(`The answer was not sent, but is ${state}.`);

  const subject = await eventually(job, `The answer did not arrive in the mailbox ${sender.address}`, () =>
    subjectOfAnswer(job, offer.messageId ?? ''),
  );
  terminal.detail(`"${subject}" lies in the mailbox ${sender.address}`);

  const copy = await eventually(job, 'The copy of the answer did not arrive at NocoBase', () =>
    standIns.nocobase
      ?.events({ type: 'message.received' })
      .find(({ body }) => message.safeParse(body).data?.data.submissionId === id),
  );
  const { threadKey } = message.parse(copy.body).data;
  const thread = threadKey === offer.threadKey ? 'in the same thread' : 'in another thread';
  terminal.detail(`and, from her Sent folder, at NocoBase: ${copy.type}, ${thread}`);
}

/** As a mail program of hers sees it: by IMAP, in her inbox. */
async function subjectOfAnswer({ standIns, sender }: DemoJob, messageId: string): Promise<string | undefined> {
  const { imap, entra } = standIns;
  if (imap === undefined || entra === undefined) return undefined;
  const { host, port, secure } = imap;
  const auth = { user: sender.address, accessToken: await entra.mint(sender.address) };
  const client = new ImapFlow({ host, port, secure, auth, logger: false });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.mailboxOpen('INBOX', { readOnly: true });
    for await (const { envelope } of client.fetch('1:*', { envelope: true })) {
      if (envelope?.inReplyTo === messageId) return envelope.subject;
    }
    return undefined;
  } finally {
    client.close();
  }
}

import { z } from 'zod';
import type { DemoUser } from '../entra/stand-in.ts';
import { showAnswer } from './answer.ts';
import { type DemoJob, eventually, seconds } from './demo-job.ts';

const received = z.object({
  data: z.object({
    subject: z.string(),
    from: z.object({ name: z.string().nullish(), address: z.string() }),
    to: z.array(z.object({ address: z.string() })),
    snippet: z.string().nullish(),
    messageKey: z.string(),
    attachments: z.array(z.object({ filename: z.string().nullish(), size: z.number() })),
  }),
});

/**
 * The whole job as a demo: a person connects a mailbox over HTTP, a mail reaches it and arrives at NocoBase as a signed
 * webhook, and the person answers it from there. Says which part cannot be shown because a real service is used.
 * @throws StepFailed with one sentence
 */
export async function showMainJob(job: DemoJob): Promise<void> {
  const { terminal, user, sender, standIns } = job;
  const { entra, imap, nocobase } = standIns;
  if (entra === undefined || imap === undefined || nocobase === undefined) {
    terminal.warning(
      'No demo: it needs the stand-ins of Microsoft, of the mailboxes and of NocoBase, and one is real here.',
    );
    return;
  }

  terminal.step(`${user.name} connects her mailbox`);
  let since = performance.now();
  const link = await job.client.connectLink(user.address);
  await job.client.followLink(link, user.address, entra);
  terminal.detail(`link → page → button → signed in at Microsoft (stand-in) → connected, in ${seconds(since)}`);

  terminal.step(`${sender.name} writes to her`);
  const subject = `Offer for the greenhouse, ${new Date().toISOString().slice(11, 19)}`;
  since = performance.now();
  await imap.deliver(user.address, mail(sender, user, subject));
  terminal.detail(`"${subject}", with one attachment, now lies in the mailbox ${user.address}`);

  terminal.step('The broker polls, and the mail arrives at NocoBase');
  const event = await eventually(job, 'The mail did not arrive at NocoBase', () =>
    nocobase
      .events({ type: 'message.received' })
      .find(({ body }) => received.safeParse(body).data?.data.subject === subject),
  );
  const { data } = received.parse(event.body);
  terminal.detail(`after ${seconds(since)}, ${event.type}, answered with ${event.status}`);
  terminal.detail(`signature  ${event.verified ? 'valid' : 'NOT VALID'} (Standard Webhooks, ${event.id})`);
  terminal.detail(`from       ${data.from.name ?? ''} <${data.from.address}>`);
  terminal.detail(`to         ${data.to.map((to) => to.address).join(', ')}`);
  terminal.detail(`subject    ${data.subject}`);
  terminal.detail(`text       ${data.snippet ?? ''}`);
  for (const attachment of data.attachments) {
    terminal.detail(`attached   ${attachment.filename ?? 'unnamed'}, ${attachment.size} bytes`);
  }
  await showAnswer(job, event);
}

/** A mail as a person's program writes it: text with a name beyond ASCII, and a small attachment. */
function mail(from: DemoUser, to: DemoUser, subject: string): string {
  const attachment = Buffer.from('position;pieces;price\nglass pane 60×80;48;12.50\n', 'utf8').toString('base64');
  return [
    `From: "${from.name}" <${from.address}>`,
    `To: "${to.name}" <${to.address}>`,
    `Subject: ${subject}`,
    `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <demo-${Date.now()}@${from.address.split('@')[1]}>`,
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary="part"',
    '',
    '--part',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
    '',
    'Hello, here are the prices for the greenhouse. Shall we say Thursday? Zoë comes along.',
    '--part',
    'Content-Type: text/csv; charset=utf-8; name="prices.csv"',
    'Content-Disposition: attachment; filename="prices.csv"',
    'Content-Transfer-Encoding: base64',
    '',
    attachment,
    '--part--',
    '',
  ].join('\r\n');
}

import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ReceivedEvent } from '../local/nocobase/stand-in.ts';
import { createSubmissionRows } from '../src/lib/store/submissions/submissions.ts';
import { BrowserClient } from './support/browser-client.ts';
import { dsn } from './support/dsn.ts';
import { accepted, eventsOf, eventually, pressButton, startWorld, type World } from './support/world.ts';

// Mail out, through the app as it is deployed: from the request to the recipient, the copy in Sent and the event.
const ada = 'ada@contoso.example';
const grace = 'grace@contoso.example';

let world: World;
let from: string;
let to: string;
beforeAll(async () => {
  // As an administrator sets it where SMTP AUTH may be closed.
  world = await startWorld({ movableTime: true, given: { GRAPH_PERMISSIONS: 'Mail.Send, Mail.Send.Shared' } });
  from = (await world.connect(ada)).mailboxId;
  to = (await world.connect(grace)).mailboxId;
});
afterAll(() => world?.stop());

const dataOf = (event: ReceivedEvent | undefined) => Object(Reflect.get(Object(event?.body), 'data'));
const arrived = (mailboxId: string, subject: string) => (event: ReceivedEvent) =>
  accepted('message.received')(event) && dataOf(event).mailbox.id === mailboxId && dataOf(event).subject === subject;

async function sent(body: Record<string, unknown>, headers: Record<string, string> = {}) {
  const answer = await world.api('POST', `mailboxes/${from}/send`, { body, headers });
  expect(answer.body).toMatchObject({ state: 'queued', mailboxId: from });
  expect(answer.status).toBe(202);
  const { id } = answer.body;
  return eventually(`the end of ${id}`, async () => {
    const { body: submission } = await world.api('GET', `submissions/${id}`);
    return ['queued', 'sending'].includes(submission.state) ? undefined : submission;
  });
}

it('sends a message once, which arrives, lies in Sent, and is told of', async () => {
  const body = { to: [grace], bcc: ['alan@contoso.example'], subject: 'Your offer', html: '<p>Hello <b>Grace</b></p>' };
  const submission = await sent(body, { 'idempotency-key': 'offer-1' });
  expect(submission).toMatchObject({ state: 'sent', attempts: 1, refused: [] });
  const again = await world.api('POST', `mailboxes/${from}/send`, { body, headers: { 'idempotency-key': 'offer-1' } });
  expect(again.body.id).toBe(submission.id);

  const [received] = await eventsOf(world, 1, arrived(to, 'Your offer'));
  expect(dataOf(received)).toMatchObject({
    from: { address: ada },
    text: expect.stringContaining('Hello Grace'),
    bcc: [],
  });
  const [copy] = await eventsOf(world, 1, arrived(from, 'Your offer'));
  expect(dataOf(copy)).toMatchObject({ folder: { role: 'sent' }, direction: 'out', submissionId: submission.id });
  // The recipient's mail has our header, too.
  expect(dataOf(received)).toMatchObject({ submissionId: null });
  const [told] = await eventsOf(world, 1, accepted('submission.sent'));
  expect(dataOf(told)).toMatchObject({ submissionId: submission.id, state: 'sent', mailbox: { id: from } });
});

it('answers a mail in its thread, with its sender as the recipient and its text quoted', async () => {
  await sent({ to: [grace], subject: 'A question', text: 'When?' });
  const [asked] = await eventsOf(world, 1, arrived(to, 'A question'));
  const { messageRef, messageId } = dataOf(asked);
  const german = { locale: 'de', timeZone: 'Europe/Berlin', signatureHtml: '<p>Grace, Contoso</p>' };
  await world.api('PATCH', `mailboxes/${to}`, { body: german });
  const answer = await world.api('POST', `mailboxes/${to}/send`, { body: { reply: messageRef, text: 'Tomorrow.' } });
  expect(answer.status).toBe(202);
  const [answered] = await eventsOf(world, 1, arrived(from, 'Re: A question'));
  expect(dataOf(answered)).toMatchObject({ from: { address: grace }, to: [{ address: ada }], inReplyTo: messageId });
  expect(dataOf(answered).text).toMatch(/^Tomorrow\.\s+Grace, Contoso\s+Am .* \(MES?Z\) schrieb [\s\S]*When\?/);
  expect(dataOf(answered).threadKey).toBe(dataOf(asked).threadKey);

  // The answered mail is marked, and an event is sent.
  const [told] = await eventsOf(
    world,
    1,
    (event) => accepted('submission.sent')(event) && dataOf(event).submissionId === answer.body.id,
  );
  const original = { kind: 'reply', messageRef, marked: true };
  expect(dataOf(told)).toMatchObject({ original });
  expect((await world.api('GET', `submissions/${answer.body.id}`)).body).toMatchObject({ original });
  expect((await world.api('GET', `mailboxes/${to}/messages/${messageRef}`)).body).toMatchObject({ answered: true });
});

it('forwards a mail with its file from a folder that nobody watches', async () => {
  const attachments = [
    { filename: 'list.csv', contentType: 'text/csv', content: Buffer.from('a;b').toString('base64') },
  ];
  await sent({ to: [grace], subject: 'Kept aside', text: 'See the list', attachments });
  const [asked] = await eventsOf(world, 1, arrived(to, 'Kept aside'));
  const { body: known } = await world.api('GET', `mailboxes/${to}/folders`);
  const junk = known.items.find(({ role }: { role: string }) => role === 'junk');
  expect(junk).toMatchObject({ watched: false });
  const move = { messageRefs: [dataOf(asked).messageRef], moveTo: { path: junk.path } };
  const moved = await world.api('PATCH', `mailboxes/${to}/messages`, { body: move });
  const { messageRef } = moved.body.results[0].message;
  // By the reference that NocoBase keeps, and by the one of the folder as it is now.
  for (const [subject, ref] of [
    ['By the old one', dataOf(asked).messageRef],
    ['By the new one', messageRef],
  ]) {
    const body = { forward: ref, to: [ada], subject, text: 'For you' };
    const answer = await world.api('POST', `mailboxes/${to}/send`, { body });
    expect(answer.body).toMatchObject({ state: 'queued', original: { kind: 'forward', marked: null } });
    const [forwarded] = await eventsOf(world, 1, arrived(from, subject));
    expect(dataOf(forwarded)).toMatchObject({ attachments: [{ filename: 'list.csv' }] });
    const told = await eventually('the mark', async () => {
      const { original } = (await world.api('GET', `submissions/${answer.body.id}`)).body;
      return original.marked === null ? undefined : original;
    });
    expect(told).toMatchObject({ marked: true });
  }
});

it('answers a mail that was moved meanwhile to another watched folder', async () => {
  const folders = [{ role: 'inbox' }, { role: 'sent' }, { role: 'archive' }];
  await world.api('PATCH', `mailboxes/${to}`, { body: { folders } });
  await sent({ to: [grace], subject: 'Filed away', text: 'When?' });
  const [asked] = await eventsOf(world, 1, arrived(to, 'Filed away'));
  const { messageRef, messageId } = dataOf(asked);
  // The event has the old folder, and NocoBase keeps it.
  const move = { messageRefs: [messageRef], moveTo: { role: 'archive' } };
  const moved = await world.api('PATCH', `mailboxes/${to}/messages`, { body: move });
  expect(moved.body.results).toMatchObject([{ ok: true }]);
  await eventsOf(world, 1, (event) => accepted('message.updated')(event) && dataOf(event).change === 'moved');
  const answer = await world.api('POST', `mailboxes/${to}/send`, { body: { reply: messageRef, text: 'Tomorrow.' } });
  expect(answer.body).toMatchObject({ state: 'queued' });
  const [answered] = await eventsOf(world, 1, arrived(from, 'Re: Filed away'));
  expect(dataOf(answered)).toMatchObject({ to: [{ address: ada }], inReplyTo: messageId });
});

it('waits for the end of a message that is asked for so, and shows a message without sending it', async () => {
  const body = { to: [grace], subject: 'At once', text: 'Now' };
  const shown = await world.api('POST', `mailboxes/${from}/send`, { body: { ...body, dryRun: true } });
  expect(shown).toMatchObject({ status: 200, body: { from: ada, recipients: [grace], mimeTruncated: false } });
  expect(shown.body.mime).toMatch(/^From: ada@contoso\.example\r\n[\s\S]*\r\n\r\nNow\r\n$/);
  const answer = await world.api('POST', `mailboxes/${from}/send?wait=true`, { body });
  // A slow machine may need longer than a request waits.
  expect([200, 202]).toContain(answer.status);
  if (answer.status === 200) expect(answer.body).toMatchObject({ state: 'sent', attempts: 1 });
  await eventsOf(world, 1, arrived(to, 'At once'));
  const { body: listed } = await world.api('GET', `mailboxes/${from}/submissions`);
  expect(
    listed.items.filter(({ ourMessageId }: { ourMessageId: string }) => ourMessageId === shown.body.messageId),
  ).toEqual([]);
});

it('tells that a message came back, by the report that a mail server sends for it', async () => {
  const { id } = await sent({ to: ['nobody@fabrikam.example'], subject: 'To nobody', text: 'Hello' });
  const unknownUser = { recipient: 'nobody@fabrikam.example', status: '5.1.1', diagnostic: '550 5.1.1 no such user' };
  await world.standIns.imap.deliver(ada, dsn({ returned: { submission: id }, recipients: [unknownUser] }));
  const [told] = await eventsOf(world, 1, accepted('submission.bounced'));
  expect(dataOf(told)).toMatchObject({
    submissionId: id,
    code: 'submission_bounced',
    refused: [{ address: 'nobody@fabrikam.example' }],
  });
  expect((await world.api('GET', `submissions/${id}`)).body).toMatchObject({ state: 'bounced', resendable: false });
});

it('sends a form with a file that waits in a blob meanwhile', async () => {
  const form = new FormData();
  form.set('to', grace);
  form.set('subject', 'With a file');
  form.append(
    'attachments',
    new Blob([new Uint8Array(1_500_000).fill(65)], { type: 'application/pdf' }),
    'Angebot – 1.pdf',
  );
  form.append('attachments', new Blob(['a;b']), 'list.csv');
  const answer = await fetch(`${world.url}/mailboxes/${from}/send`, {
    method: 'POST',
    headers: { authorization: `Bearer ${world.services.stack.adminKey}` },
    body: form,
  });
  expect(answer.status).toBe(202);
  const [received] = await eventsOf(world, 1, arrived(to, 'With a file'));
  expect(dataOf(received).attachments).toMatchObject([
    { filename: 'Angebot – 1.pdf', contentType: 'application/pdf' },
    { filename: 'list.csv' },
  ]);
  const fetched = await fetch(dataOf(received).attachments[0].url);
  expect(Buffer.from(await fetched.arrayBuffer()).equals(Buffer.alloc(1_500_000, 65))).toBe(true);
});

it('keeps a scheduled message until its time, and cancels it', async () => {
  const sendAt = new Date(Date.now() + 3_600_000).toISOString();
  const { body } = await world.api('POST', `mailboxes/${from}/send`, { body: { to: [grace], text: 'Later', sendAt } });
  expect(body).toMatchObject({ state: 'scheduled', sendAt });
  const cancelled = await world.api('DELETE', `submissions/${body.id}`);
  expect(cancelled.body).toMatchObject({ id: body.id, state: 'cancelled' });
  const listed = await world.api('GET', `mailboxes/${from}/submissions`);
  expect(listed.body.items.map(({ id }: { id: string }) => id)).toContain(body.id);
});

it("puts what a shared mailbox sends over SMTP into that mailbox's own Sent, too, where it is asked to, and once", async () => {
  const support = 'support@contoso.example';
  const added = await world.api('POST', 'mailboxes', { body: { address: support, viaMailboxId: from } });
  const shared: string = added.body.id;
  await world.api('PATCH', `mailboxes/${shared}`, { body: { sentCopyIn: 'mailbox', sendVia: 'smtp' } });
  const body = { to: [grace], bcc: ['lina@contoso.example'], subject: 'From the team', text: 'Hello' };
  const { body: made } = await world.api('POST', `mailboxes/${shared}/send`, { body });
  const submission = async () => (await world.api('GET', `submissions/${made.id}`)).body;
  await eventually('the message is sent', async () => ((await submission()).state === 'sent' ? true : undefined));
  expect((await submission()).copy).toEqual({ state: 'awaited' });
  const [received] = await eventsOf(world, 1, arrived(to, body.subject));
  expect(dataOf(received)).toMatchObject({ from: { address: support }, to: [{ address: grace }], bcc: [] });
  // Exchange puts it where the person who signed in looks.
  const [hers] = await eventsOf(world, 1, arrived(from, body.subject));
  expect(dataOf(hers)).toMatchObject({ folder: { role: 'sent' }, direction: 'out' });

  const rows = createSubmissionRows({ store: world.store });
  const looks = async () => (await rows.read(made.id))?.submission.copy?.looks ?? 0;
  for (const [before, seconds] of [25, 65].entries()) {
    world.pass(seconds * 1000);
    await world.poll();
    await eventually('a look for a copy of Exchange’s own', async () => ((await looks()) > before ? true : undefined));
    expect((await submission()).copy).toEqual({ state: 'awaited' });
  }
  world.pass(185_000);
  await world.poll();
  const copy = await eventually('the copy', async () => {
    const { copy: now } = await submission();
    return now.state === 'awaited' ? undefined : now;
  });
  expect(copy).toEqual({ state: 'stored' });
  const [copied] = await eventsOf(world, 1, arrived(shared, body.subject));
  expect(dataOf(copied)).toMatchObject({
    folder: { role: 'sent' },
    ...{ direction: 'out', submissionId: made.id, seen: true },
    // Its sender may see whom it went to.
    bcc: [{ address: 'lina@contoso.example' }],
  });
  const inSent = await world.api('GET', `mailboxes/${shared}/messages?folder=sent`);
  expect(inSent.body.items.map(({ subject }: { subject: string }) => subject)).toEqual([body.subject]);
});

it('goes over Graph where Exchange says that SMTP AUTH is disabled, says so, and asks SMTP no more on that day', async () => {
  const { smtp, graph } = world.standIns;
  smtp.behave('disabled-tenant', { address: ada });
  const before = smtp.logins();
  const body = { to: [grace], bcc: ['lina@contoso.example'], subject: 'By another way', text: 'Hello' };
  const submission = await sent(body);
  expect(submission).toMatchObject({ state: 'sent', way: 'graph', attempts: 1 });
  const [received] = await eventsOf(world, 1, arrived(to, 'By another way'));
  expect(dataOf(received)).toMatchObject({ from: { address: ada }, bcc: [] });
  const [copy] = await eventsOf(world, 1, arrived(from, 'By another way'));
  expect(dataOf(copy)).toMatchObject({ folder: { role: 'sent' }, submissionId: submission.id });
  expect(graph.sent()).toMatchObject([{ mailbox: ada, way: 'sendMail', to: [grace, 'lina@contoso.example'] }]);
  expect(graph.sent()[0]?.delivered).not.toContain('lina');
  expect(smtp.logins()).toBe(before + 1);

  smtp.behave('normal');
  expect(await sent({ ...body, subject: 'Still by that way' })).toMatchObject({ state: 'sent', way: 'graph' });
  expect(smtp.logins()).toBe(before + 1);
});

it('goes by the way that a mailbox names', async () => {
  const patched = await world.api('PATCH', `mailboxes/${to}`, { body: { sendVia: 'graph' } });
  expect(patched.body.sendVia).toBe('graph');
  const { body } = await world.api('POST', `mailboxes/${to}/send`, {
    body: { to: [ada], subject: 'Named', text: 'Hi' },
  });
  const ended = await eventually('the end', async () => {
    const { body: now } = await world.api('GET', `submissions/${body.id}`);
    return now.state === 'sent' ? now : undefined;
  });
  expect(ended.way).toBe('graph');
});

it('connects a mailbox though its organisation withholds the permissions of Graph, and names what is missing to send', async () => {
  const { entra, graph } = world.standIns;
  const lina = 'lina@contoso.example';
  entra.withhold(['Mail.Send', 'Mail.Send.Shared']);
  const link = await world.api('POST', 'connect-links', { body: { expectedAddress: lina } });
  const browser = new BrowserClient();
  const away = await pressButton(browser, link.body.url);
  const again = await browser.get(await entra.signInAs(lina, away.location ?? ''));
  expect(decodeURIComponent(away.location ?? '')).toContain('/Mail.Send');
  expect(decodeURIComponent(again.location ?? '')).not.toContain('/Mail.Send');
  await browser.get(await entra.signInAs(lina, again.location ?? ''));
  const { items } = (await world.api('GET', `mailboxes?address=${lina}`)).body;
  expect(items).toMatchObject([{ address: lina }]);

  const { id } = items[0];
  await world.api('PATCH', `mailboxes/${id}`, { body: { sendVia: 'graph' } });
  const { body } = await world.api('POST', `mailboxes/${id}/send`, { body: { to: [ada], text: 'Waits' } });
  const waiting = await eventually('the reason why it waits', async () => {
    const { body: now } = await world.api('GET', `submissions/${body.id}`);
    return now.waitingFor === null ? undefined : now;
  });
  expect(waiting).toMatchObject({ state: 'queued', attempts: 0, waitingFor: { code: 'send_consent_required' } });
  expect(graph.sent().filter(({ mailbox }) => mailbox === lina)).toEqual([]);

  // The link that it names leads to where she gives it, and then the message does not wait for its next attempt.
  entra.withhold([]);
  const later = new BrowserClient();
  const signIn = await pressButton(later, waiting.waitingFor.reconnect.url);
  expect(decodeURIComponent(signIn.location ?? '')).toContain('/Mail.Send');
  await later.get(await entra.signInAs(lina, signIn.location ?? ''));
  await eventually('the end', async () => {
    const { body: now } = await world.api('GET', `submissions/${body.id}`);
    return now.state === 'sent' ? now : undefined;
  });
  expect(graph.sent().filter(({ mailbox }) => mailbox === lina)).toHaveLength(1);
});

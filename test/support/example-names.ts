import { deliveryId } from '../../src/lib/domain/ids.ts';
import { systemRandom } from '../../src/lib/domain/system.ts';
import { encodeDead } from '../../src/lib/store/rows/retry-row.ts';
import { newSubmissionId } from '../../src/lib/store/submissions/submission-keys.ts';
import { createSubmissionRows } from '../../src/lib/store/submissions/submissions.ts';
import { composeMail } from './mail.ts';
import { entry, queuedSubmission } from './rows.ts';
import type { World } from './world.ts';

/** Puts an invitation of Grace's into the mailbox of another user. */
export async function invite(world: World, address: string): Promise<void> {
  const lines = [
    ...['BEGIN:VCALENDAR', 'METHOD:REQUEST', 'PRODID:Microsoft Exchange Server 2010', 'VERSION:2.0', 'BEGIN:VEVENT'],
    ...['ORGANIZER;CN=Grace:mailto:grace@contoso.example', `ATTENDEE;PARTSTAT=NEEDS-ACTION;CN=Ada:mailto:${address}`],
    ...['ATTENDEE;PARTSTAT=NEEDS-ACTION;CN=Eve:mailto:eve@fabrikam.example', 'SUMMARY:Greenhouse', 'SEQUENCE:3'],
    ...['UID:040000008200E00074C5B7101A82E00800000000', 'DTSTART:20261203T100000Z', 'DTEND:20261203T110000Z'],
    ...['END:VEVENT', 'END:VCALENDAR', ''],
  ];
  const mail = await composeMail({
    ...{ from: 'Grace <grace@contoso.example>', to: address, subject: 'Invitation to the greenhouse', text: 'Come.' },
    messageId: '<invitation@contoso.example>',
    alternatives: [{ contentType: 'text/calendar; charset=utf-8; method=REQUEST', content: lines.join('\r\n') }],
  });
  await world.standIns.imap.deliver(address, mail);
}

/**
 * Makes what the examples of the OpenAPI document name in braces: a mailbox of its own with a message, and for each call what it
 * needs, new each time, so that no call stands in the way of another.
 * @returns for the name of an operation, what fills the names in its route, query and body
 */
export async function namesFor(world: World): Promise<(operation: string) => Promise<(text: string) => string>> {
  const ada = 'ada@contoso.example';
  // One for calls that change it, one for the link to a file.
  for (const subject of ['Example', 'Linked']) {
    const mail = await composeMail({
      ...{ from: 'Grace <grace@contoso.example>', to: ada, subject, text: 'Hello.' },
      attachments: [{ filename: 'prices.csv', content: 'position;price', contentType: 'text/csv' }],
    });
    await world.standIns.imap.deliver(ada, mail);
  }
  await invite(world, ada);
  const call = async (method: string, path: string, body?: object) => {
    const answer = await world.api(method, path, body === undefined ? {} : { body });
    if (answer.status >= 400) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const mailboxId: string = (await call('GET', `mailboxes?address=${ada}`)).items[0].id;
  const [item] = (await call('GET', `mailboxes/${mailboxId}/messages?subject=Example`)).items;
  const [linked] = (await call('GET', `mailboxes/${mailboxId}/messages?subject=Linked`)).items;
  const [invitation] = (await call('GET', `mailboxes/${mailboxId}/messages?subject=greenhouse`)).items;
  const { attachments } = await call('GET', `mailboxes/${mailboxId}/messages/${linked.messageRef}`);
  const token = new URL(attachments[0].url).searchParams.get('token') ?? '';

  const unknown = async (): Promise<string> => {
    const now = new Date();
    const id = newSubmissionId(mailboxId, now, systemRandom);
    const rows = createSubmissionRows({ store: world.store });
    const submission = { ...queuedSubmission({ id, mailboxId }, now), stored: false, owes: [] };
    await rows.insert(
      { submission: { ...submission, state: 'unknown', endedAt: now }, sealed: new Uint8Array(40) },
      undefined,
    );
    return id;
  };
  const scheduled = async (): Promise<string> => {
    const sendAt = new Date(Date.now() + 3_600_000);
    const message = { to: ada, text: 'Hello', sendAt: sendAt.toISOString() };
    return (await call('POST', `mailboxes/${mailboxId}/send`, message)).id;
  };
  const dead = async (): Promise<string> => {
    const { folders } = await call('GET', `mailboxes/${mailboxId}`);
    const place = { mailboxId, folderId: folders[0].id, uidValidity: 7n, uid: 1 };
    const message = entry(1, 20_000);
    const why = { reason: 'destination_refused_message' as const, status: 422, attempts: 5, at: new Date() };
    await world.store
      .table('mail')
      .insert(encodeDead({ ...place, key: message.key, hash: message.hash, day: message.day, ...why }));
    return deliveryId(mailboxId, message.key);
  };
  /** What the id of a route is, where it is not that of the mailbox. */
  const idOf = async (operation: string): Promise<string> => {
    if (/ submissions\/\{id\}\/(resend|settle)$/.test(operation)) return unknown();
    if (/ submissions\//.test(operation)) return scheduled();
    if (/ deliveries\//.test(operation)) return dead();
    if (/ keys\//.test(operation)) return (await call('POST', 'keys', { scopes: ['read'] })).id;
    if (operation === 'DELETE destinations/{id}') {
      const spare = { type: 'webhook', name: 'Spare', url: 'https://hooks.example.com/spare' };
      return (await call('POST', 'destinations', spare)).id;
    }
    return / destinations\//.test(operation) ? world.services.destinationId : mailboxId;
  };

  return async (operation) => {
    const id = await idOf(operation);
    const isOfDraft = operation.includes('{draftId}');
    const draft = isOfDraft
      ? await call('POST', `mailboxes/${mailboxId}/drafts`, { to: 'grace@contoso.example', subject: 'Your order' })
      : undefined;
    return (text) =>
      text
        .replace('/{id}', `/${id}`)
        .replace('{mailboxId}', mailboxId)
        .replaceAll('{messageRef}', operation.endsWith('/response') ? invitation.messageRef : item.messageRef)
        .replace('{part}', attachments[0].part)
        .replace('{draftId}', draft?.draftId)
        .replace('{token}', token);
  };
}

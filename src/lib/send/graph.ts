import type { MailboxRow } from '../store/rows/rows.ts';
import { readGraphAnswer } from './graph-answer.ts';
import {
  createGraphMailboxes,
  type GraphMailbox,
  type GraphOptions,
  type GraphPorts,
  graphUnreachable,
  wholeMail,
} from './graph-request.ts';
import { largestGraphBytes, type OutgoingMail, type Way, type WayResult } from './way.ts';

/**
 * `POST sendMail` of Microsoft Graph with the MIME message in base64. Graph takes the recipients from its header,
 * including Bcc, which it removes. The copy lies in Sent of the mailbox itself, also of a shared one.
 * https://learn.microsoft.com/graph/api/user-sendmail, https://learn.microsoft.com/graph/outlook-send-mime-message
 */
export function createGraphWay(options: GraphOptions, ports: GraphPorts): Way {
  const mailboxes = createGraphMailboxes(options, ports);
  return {
    name: 'graph',
    async prepare({ mailbox }, signal) {
      const opened = await mailboxes.open(mailbox, [sendPermission(mailbox)], signal);
      if ('kind' in opened) return opened;
      return { kind: 'ready', send: (mail, until) => send(opened, mail, until), close: async () => undefined };
    },
  };
}

/** What a token needs to send from this mailbox. */
export const sendPermission = ({ grant, shared }: MailboxRow) =>
  grant.kind === 'user' && shared ? 'Mail.Send.Shared' : 'Mail.Send';

async function send(mailbox: GraphMailbox, mail: OutgoingMail, signal: AbortSignal): Promise<WayResult> {
  if (mail.size > largestGraphBytes) {
    const reply = `The message is larger than ${largestGraphBytes} bytes, the maximum for one Graph request.`;
    return { kind: 'refused', code: 'mail_too_large', reply, recipients: [] };
  }
  const mime = await wholeMail(mail);
  const headers = { 'Content-Type': 'text/plain' };
  const reply = await mailbox.ask(
    { method: 'POST', path: '/sendMail', headers, body: mime.toString('base64') },
    signal,
  );
  if (reply.kind === 'answered') return readGraphAnswer(reply);
  if (reply.kind === 'lost') return { kind: 'unknown', cause: reply.cause };
  return signal.aborted ? { ...graphUnreachable, retryAfterMs: 0 } : graphUnreachable;
}

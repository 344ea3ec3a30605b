import { z } from 'zod';
import type { InvitationAnswer } from '../domain/mail/message.ts';
import { BrokerError } from '../errors.ts';
import type { MailboxRow } from '../store/rows/rows.ts';
import { createGraphMailboxes, type GraphOptions, type GraphPorts, type GraphReply } from './graph-request.ts';

/** The calendar of a person, as far as an answer to an invitation changes it. */
export interface GraphCalendar {
  /**
   * Answers the event that an invitation made: it changes in the calendar, and Exchange tells the organizer.
   * @returns false where nothing was answered and a mail can do it: no permission, or no such event
   * @throws BrokerError `graph_unreachable` if the outcome is unknown or Graph is busy: repeating is safe; what getting a
   *   token throws
   */
  answer(
    mailbox: MailboxRow,
    event: { readonly uid: string; readonly answer: InvitationAnswer; readonly comment: string | undefined },
    signal: AbortSignal,
  ): Promise<boolean>;
}

/** https://learn.microsoft.com/graph/api/event-accept, event-tentativelyaccept and event-decline */
const verbs = { accepted: 'accept', tentative: 'tentativelyAccept', declined: 'decline' } as const;
/** https://learn.microsoft.com/graph/api/resources/responsestatus */
const responses = { accepted: 'accepted', tentative: 'tentativelyAccepted', declined: 'declined' } as const;

const found = z.looseObject({
  value: z.array(z.looseObject({ id: z.string(), responseStatus: z.looseObject({ response: z.string() }).nullish() })),
});

export function createGraphCalendar(options: GraphOptions, ports: GraphPorts): GraphCalendar {
  const mailboxes = createGraphMailboxes(options, ports);
  return {
    async answer(mailbox, { uid, answer, comment }, signal) {
      // Another person's calendar would need `Calendars.ReadWrite.Shared`, which is not asked for.
      if (mailbox.shared && mailbox.grant.kind === 'user') return false;
      const opened = await mailboxes.open(mailbox, ['Calendars.ReadWrite'], signal);
      if (!('ask' in opened)) return false;
      // OData: an apostrophe is doubled.
      const filter = encodeURIComponent(`iCalUId eq '${uid.replaceAll("'", "''")}'`);
      const path = `/events?$filter=${filter}&$select=id,responseStatus&$top=2`;
      const listed = read(await opened.ask({ method: 'GET', path }, signal));
      const events = listed === undefined ? undefined : found.safeParse(listed).data?.value;
      const [event, ...others] = events ?? [];
      if (event === undefined || others.length > 0) return false;
      // An earlier request, whose answer was lost.
      if (event.responseStatus?.response === responses[answer]) return true;
      const body = JSON.stringify({ sendResponse: true, ...(comment === undefined ? {} : { comment }) });
      const headers = { 'Content-Type': 'application/json' };
      const asked = { method: 'POST' as const, path: `/events/${encodeURIComponent(event.id)}/${verbs[answer]}` };
      return read(await opened.ask({ ...asked, headers, body }, signal)) !== undefined;
    },
  };
}

/**
 * The body of an answer, or null where it has none; undefined where Graph refuses it: nothing was done.
 * @throws BrokerError `graph_unreachable`
 */
function read(reply: GraphReply): unknown {
  if (reply.kind !== 'answered') throw new BrokerError('graph_unreachable', { retry: { afterMs: 5_000 } });
  const { status, body, retryAfterMs } = reply;
  if (status === 429 || status >= 500 || status === 401) {
    throw new BrokerError('graph_unreachable', { retry: { afterMs: retryAfterMs ?? 5_000 } });
  }
  if (status >= 400) return undefined;
  try {
    return body === '' ? null : JSON.parse(body);
  } catch {
    return null;
  }
}

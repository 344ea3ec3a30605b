import type { ComposeRequest } from '../../compose/compose.ts';
import { ownAddress, type SendingMailbox } from '../../compose/sending-mailbox.ts';
import { replyThread } from '../../compose/thread.ts';
import type { MessageRef } from '../../delivery/events/message-ref.ts';
import type { Clock } from '../../domain/clock.ts';
import type { InvitationAnswer } from '../../domain/mail/message.ts';
import type { Submission } from '../../domain/submission.ts';
import { BrokerError } from '../../errors.ts';
import { writeReply } from '../../mailbox/calendar/invitation.ts';
import { readInvitationOf } from '../../reading/read-invitation.ts';
import type { Reader, ReadingDeps } from '../../reading/types.ts';
import type { GraphCalendar } from '../../send/graph-calendar.ts';
import type { SendingSettingsRows } from '../../store/submissions/sending-settings.ts';
import { type Asked, type Sender, sendingMailboxOf } from '../requests/sender.ts';

export interface InvitationDeps extends Pick<ReadingDeps, 'interactive' | 'store'> {
  readonly settings: Pick<SendingSettingsRows, 'read'>;
  readonly sender: Pick<Sender, 'send'>;
  /** Undefined where the deployment does not ask for `Calendars.ReadWrite`. */
  readonly calendar: GraphCalendar | undefined;
  readonly clock: Clock;
}

export interface AnswerWish {
  readonly answer: InvitationAnswer;
  readonly comment: string | undefined;
}

/** How an invitation was answered: in the calendar itself, or by a mail that says so to its organizer. */
export type Answered =
  | { readonly calendarUpdated: true; readonly submission: undefined }
  | { readonly calendarUpdated: false; readonly submission: Submission };

const graphMs = 30_000;

/**
 * Answers an invitation. Where Graph may change the person's calendar, the event is answered there, and Exchange tells the
 * organizer: then no mail of ours goes. Else the organizer gets METHOD:REPLY (RFC 5546 section 3.2.3) by a submission, and
 * the person's own calendar stays as it is.
 * @throws BrokerError `not_an_invitation` | `not_found_here` | `message_gone` | `graph_unreachable`, and what sending throws
 */
export async function answerInvitation(
  deps: InvitationDeps,
  reader: Reader,
  named: { readonly ref: MessageRef; readonly messageRef: string },
  { answer, comment }: AnswerWish,
  asked: Asked,
): Promise<Answered> {
  const { row } = reader;
  const { invitation, ...headers } = await readInvitationOf(deps, reader, named.ref);
  const { organizer, uid, recurrenceId } = invitation;
  const mailbox = await sendingMailboxOf(deps.settings, row);
  if (ownAddress(mailbox, organizer.address) !== undefined) throw new BrokerError('not_an_invitation');
  // A single occurrence has an id of its own at Graph, which the invitation does not name.
  if (recurrenceId === undefined && deps.calendar !== undefined) {
    const event = { uid, answer, comment };
    const isDone = await deps.calendar.answer(row, event, AbortSignal.timeout(graphMs));
    if (isDone) return { calendarUpdated: true, submission: undefined };
  }
  const attendee = invitedAs(mailbox, invitation.attendees);
  const at = new Date(deps.clock.now());
  const content = await writeReply(invitation, { attendee, answer, comment, at });
  const calendar: ComposeRequest['calendar'] = { method: 'REPLY', content };
  const submission = await deps.sender.send(
    {
      mailbox: row,
      request: {
        ...{ from: undefined, to: [organizer], subject: subjectOf(mailbox, answer, invitation.summary) },
        ...{ text: comment ?? '', signature: '', priority: 'normal', attachments: [] },
        ...{ onUnknown: 'ask', bulk: false, dryRun: false },
      },
      files: [],
      thread: replyThread(headers),
      answering: { kind: 'reply', messageRef: named.messageRef },
      calendar,
    },
    asked,
  );
  return { calendarUpdated: false, submission };
}

/** The address of the mailbox that was invited, as the invitation writes it; its first one if a list was. */
export const invitedAs = (mailbox: SendingMailbox, attendees: readonly string[]): string =>
  attendees.find((address) => ownAddress(mailbox, address) !== undefined) ?? mailbox.addresses[0].address;

/** As Outlook writes them. */
const words = {
  en: { accepted: 'Accepted', tentative: 'Tentative', declined: 'Declined' },
  zh: { accepted: '已接受', tentative: '暂定', declined: '已拒绝' },
} as const;

const subjectOf = ({ locale }: SendingMailbox, answer: InvitationAnswer, summary: string): string =>
  `${words[/^zh\b/i.test(locale) ? 'zh' : 'en'][answer]}: ${summary.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')}`.trim();

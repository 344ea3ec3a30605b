import type { ErrorEntry } from './entry.ts';

/** What becomes of a message that was handed over for sending. */
export const submissionErrors = {
  idempotency_key_reused: {
    status: 422,
    sentence: 'This Idempotency-Key was used for another message.',
    remedy: 'Repeat the first request unchanged, or give the new message a key of its own.',
    who: 'caller',
  },
  submission_marked: {
    status: 409,
    sentence: 'The message can no longer be cancelled: it is being sent, or has ended.',
    remedy: 'Read the submission to see what became of it.',
    who: 'caller',
  },
  submission_not_unknown: {
    status: 409,
    sentence: 'Only a message of which nobody knows whether it was sent can be sent again or settled.',
    remedy: 'Read the submission; send a new message if this one has failed.',
    who: 'caller',
  },
  submission_unknown: {
    status: 409,
    sentence:
      'The message was handed over, no answer came, and no copy of it is in Sent: nobody knows whether it was sent.',
    remedy:
      'Ask a recipient, then decide: POST submissions/{id}/resend sends the same message again, POST submissions/{id}/settle notes what you found out.',
    who: 'caller',
  },
  submission_unsettled: {
    status: 503,
    sentence: 'The message was handed over and no answer came; the broker looks for its copy in Sent.',
    remedy: 'Wait; after some 20 minutes without a copy the submission becomes unknown.',
    who: 'nobody',
  },
  submission_settled_failed: {
    status: 409,
    sentence: 'Somebody found out that the message was not sent.',
    remedy: 'Send it as a new message.',
    who: 'caller',
  },
  submission_expired: {
    status: 410,
    sentence: 'The message could not be sent in the time that it was given.',
    remedy: 'See what it waited for, fix that, and send it as a new message.',
    who: 'caller',
  },
  submission_content_gone: {
    status: 410,
    sentence: 'The stored message is no longer there.',
    remedy: 'Send it as a new message.',
    who: 'caller',
  },
  submission_pace: {
    status: 503,
    sentence: 'The account has sent as many messages in this minute as it may.',
    remedy: 'Wait; the broker goes on by itself.',
    who: 'nobody',
  },
  submission_quota: {
    status: 503,
    sentence: 'The account, or its organisation, has reached a limit of Exchange for sending.',
    remedy: 'Wait until the limit is lifted, which takes up to a day; send less, or from several accounts.',
    who: 'tenant admin',
  },
  submission_no_way: {
    status: 422,
    sentence: 'No way of sending is open to this mailbox.',
    remedy:
      'Switch SMTP AUTH on for the mailbox (Set-CASMailbox -SmtpClientAuthenticationDisabled $false), or grant the app Mail.Send.',
    who: 'tenant admin',
  },
  mailbox_paused: {
    status: 409,
    sentence: 'The mailbox is paused.',
    remedy: 'Resume it: PATCH mailboxes/{id} with paused: false.',
    who: 'deployment owner',
  },
  mailbox_removed: {
    status: 410,
    sentence: 'The mailbox was removed before the message was sent.',
    remedy: 'Send it from another mailbox, or connect this one again.',
    who: 'deployment owner',
  },
} as const satisfies Record<string, ErrorEntry>;

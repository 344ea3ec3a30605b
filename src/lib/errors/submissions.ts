import type { ErrorEntry } from './entry.ts';

/** What becomes of a message that was handed over for sending. */
export const submissionErrors = {
  idempotency_key_reused: {
    status: 422,
    sentence: 'This Idempotency-Key was already used for a different message.',
    remedy: 'Repeat the first request unchanged, or give the new message its own key.',
    who: 'caller',
  },
  submission_marked: {
    status: 409,
    sentence: 'The message can no longer be cancelled: it is being sent, or its submission has ended.',
    remedy: 'Read the submission to see the result.',
    who: 'caller',
  },
  submission_not_unknown: {
    status: 409,
    sentence: 'Only a message whose outcome is unknown can be resent or settled.',
    remedy: 'Read the submission; if it failed, send a new message.',
    who: 'caller',
  },
  submission_not_kept: {
    status: 409,
    sentence:
      'The message was sent and came back, and its content is not kept: it was deleted when the message was sent.',
    remedy:
      'If resendable is true, send the same request with a new Idempotency-Key once the limit is over. Otherwise check the addresses in refused first.',
    who: 'caller',
  },
  submission_unknown: {
    status: 409,
    sentence:
      'The message was handed over, but no answer came and no copy is in Sent, so it is unknown whether it was sent.',
    remedy:
      'Ask a recipient, then decide: POST submissions/{id}/resend sends the same message again, POST submissions/{id}/settle records what you found out.',
    who: 'caller',
  },
  submission_unsettled: {
    status: 503,
    sentence: 'The message was handed over and no answer came; the broker is looking for its copy in Sent.',
    remedy: 'Wait; if no copy appears within about 20 minutes, the submission becomes unknown.',
    who: 'nobody',
  },
  submission_settled_failed: {
    status: 409,
    sentence: 'The message was found not to have been sent, and was settled as failed.',
    remedy: 'Send it as a new message.',
    who: 'caller',
  },
  submission_expired: {
    status: 410,
    sentence: 'The message could not be sent before its deadline.',
    remedy: 'Find out what it was waiting for, fix that, and send it as a new message.',
    who: 'caller',
  },
  submission_content_gone: {
    status: 410,
    sentence: 'The stored message no longer exists.',
    remedy: 'Send it as a new message.',
    who: 'caller',
  },
  submission_bounced: {
    status: 422,
    sentence: 'The message was accepted, and a mail server later reported that it could not be delivered.',
    remedy: 'Check the address; what the server said is with each recipient.',
    who: 'caller',
  },
  submission_pace: {
    status: 503,
    sentence: 'The account has reached its limit of messages per minute.',
    remedy: 'Wait; the broker continues automatically.',
    who: 'nobody',
  },
  submission_quota: {
    status: 503,
    sentence: 'The account or its organisation has reached an Exchange sending limit.',
    remedy: 'Wait until the limit resets, which takes up to a day; send less, or use several accounts.',
    who: 'tenant admin',
  },
  submission_no_way: {
    status: 422,
    sentence: 'This mailbox has no available way to send mail.',
    remedy:
      'Enable SMTP AUTH for the mailbox (Set-CASMailbox -SmtpClientAuthenticationDisabled $false), or grant the app Mail.Send.',
    who: 'tenant admin',
  },
  mark_unsupported: {
    status: 422,
    sentence:
      'The mail server keeps no such mark in this folder, so the original was not marked as answered or forwarded.',
    remedy: 'Nothing needs to be done: the message was sent. Exchange keeps no mark for forwarded messages over IMAP.',
    who: 'nobody',
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

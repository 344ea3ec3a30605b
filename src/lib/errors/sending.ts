import type { ErrorEntry } from './entry.ts';

/** What is wrong with a message that is to be sent, or with the way out. */
export const sendingErrors = {
  // Composing
  sender_not_own: {
    status: 422,
    sentence: 'The address in from is none of this mailbox.',
    remedy: 'Leave from out, or give one of the addresses of the mailbox.',
    who: 'caller',
  },
  mail_too_large: {
    status: 413,
    sentence: 'The finished message is larger than may be sent.',
    remedy: 'Send fewer or smaller files, or a link to them.',
    who: 'caller',
  },
  attachment_source_refused: {
    status: 422,
    sentence: 'The broker does not fetch files from this address.',
    remedy:
      'Give the address of a file in the NocoBase to which the mail of this mailbox is delivered; send other files as content or as multipart/form-data.',
    who: 'caller',
  },
  attachment_source_failed: {
    status: 422,
    sentence: 'NocoBase did not hand out a file that is to be attached.',
    remedy: 'Check the address, and that the user of the API key of the destination may read the file; then retry.',
    who: 'caller',
  },
  attachment_missing: {
    status: 422,
    sentence: 'The message has no attachment under this part.',
    remedy: 'Take messageRef and part from the same message, as its event or GET names them.',
    who: 'caller',
  },

  // The way out
  smtp_unreachable: {
    status: 503,
    sentence:
      'The server for outgoing mail cannot be reached, or it broke the connection off before it had the message.',
    remedy: 'Nothing was sent; the broker tries again by itself.',
    who: 'nobody',
  },
  smtp_disabled_tenant: {
    status: 422,
    sentence: 'Sending over SMTP is switched off for the organisation.',
    remedy:
      'Switch it on for this mailbox, which wins over the setting of the organisation: Set-CASMailbox -Identity ADDRESS -SmtpClientAuthenticationDisabled $false.',
    who: 'tenant admin',
  },
  smtp_disabled_mailbox: {
    status: 422,
    sentence: 'Sending over SMTP is switched off for the mailbox.',
    remedy:
      'Switch it on: Set-CASMailbox -Identity ADDRESS -SmtpClientAuthenticationDisabled $false. Personal Outlook.com mailboxes have no such switch.',
    who: 'tenant admin',
  },
  smtp_sign_in_refused: {
    status: 422,
    sentence: 'The server for outgoing mail refuses the sign-in of this mailbox.',
    remedy:
      'Check that the permission SMTP.Send was granted, and that the person who signed in may send from this mailbox.',
    who: 'tenant admin',
  },
  send_throttled: {
    status: 503,
    sentence: 'The server for outgoing mail asks to slow down for this account.',
    remedy: 'Nothing was sent; the broker waits and tries again. If it lasts, see what else sends from this account.',
    who: 'nobody',
  },
  send_as_denied: {
    status: 422,
    sentence: 'The account may not send from the address in From.',
    remedy: 'Give it the right: Add-RecipientPermission ADDRESS -Trustee PERSON -AccessRights SendAs.',
    who: 'tenant admin',
  },
  sender_blocked: {
    status: 422,
    sentence: 'Microsoft has blocked the account from sending, since what it sent looked like spam.',
    remedy:
      'Find out what was sent, secure the account, and release it under Restricted entities in Microsoft Defender.',
    who: 'tenant admin',
  },
  recipient_refused: {
    status: 422,
    sentence: 'The server for outgoing mail refuses this recipient.',
    remedy: 'Check the address; the reply of the server says more.',
    who: 'caller',
  },
  recipient_deferred: {
    status: 503,
    sentence: 'The server for outgoing mail does not take this recipient for now.',
    remedy: 'Send it to this recipient again later; the reply of the server says more.',
    who: 'caller',
  },
  mail_refused: {
    status: 422,
    sentence: 'The server for outgoing mail refuses the message.',
    remedy: 'The reply of the server says why; change the message and send it as a new one.',
    who: 'caller',
  },
  send_deferred: {
    status: 503,
    sentence: 'The server for outgoing mail does not take the message for now.',
    remedy: 'Nothing was sent; the broker tries again by itself.',
    who: 'nobody',
  },
  send_consent_required: {
    status: 409,
    sentence: 'Microsoft has not granted the permission to send mail of this mailbox through Graph.',
    remedy:
      'The owner of the deployment adds Mail.Send (for shared mailboxes Mail.Send.Shared) to the application; then the mailbox is connected again and the permission accepted. Reading goes on as before.',
    who: 'tenant admin',
  },
  graph_unreachable: {
    status: 503,
    sentence: 'Microsoft Graph cannot be reached.',
    remedy: 'Nothing was sent; the broker tries again by itself.',
    who: 'nobody',
  },
} as const satisfies Record<string, ErrorEntry>;

import type { ErrorEntry } from './entry.ts';

/** What is wrong with a message that is to be sent, or with the way out. */
export const sendingErrors = {
  // Composing
  sender_not_own: {
    status: 422,
    sentence: 'The address in from does not belong to this mailbox.',
    remedy: "Omit from, or use one of the mailbox's addresses.",
    who: 'caller',
  },
  recipient_suppressed: {
    status: 422,
    sentence: 'A recipient is on the suppression list of this mailbox.',
    remedy:
      'Leave out the recipients listed in fields, or take them off the list (DELETE mailboxes/{id}/suppressions?address=…), if they want the mail.',
    who: 'caller',
  },
  mail_too_large: {
    status: 413,
    sentence: 'The finished message exceeds the maximum size.',
    remedy: 'Send fewer or smaller files, or a link to them.',
    who: 'caller',
  },
  attachment_source_refused: {
    status: 422,
    sentence: 'The broker does not fetch files from this address.',
    remedy:
      "Use the address of a file in the NocoBase that receives this mailbox's mail; send other files as content or as multipart/form-data.",
    who: 'caller',
  },
  attachment_source_failed: {
    status: 422,
    sentence: 'NocoBase did not provide a file to attach.',
    remedy: "Check the address, and that the user of the destination's API key may read the file. Then retry.",
    who: 'caller',
  },
  attachment_missing: {
    status: 422,
    sentence: 'The message has no attachment with this part.',
    remedy: 'Take messageRef and part from the same message, as its event or GET shows them.',
    who: 'caller',
  },
  not_an_invitation: {
    status: 422,
    sentence: 'The message is not an invitation that this mailbox could answer.',
    remedy: "Answer messages whose calendar.means is 'invited', and of which the mailbox is not the organizer itself.",
    who: 'caller',
  },
  upload_gone: {
    status: 422,
    sentence: 'There is no uploaded file with this uploadId: uploads are kept for a day, for their mailbox alone.',
    remedy: 'Upload the file again (POST mailboxes/{id}/uploads) and use the new uploadId.',
    who: 'caller',
  },

  // The way out
  smtp_unreachable: {
    status: 503,
    sentence: 'The outgoing mail server cannot be reached, or it dropped the connection before it had the message.',
    remedy: 'Nothing was sent; the broker retries automatically.',
    who: 'nobody',
  },
  smtp_disabled_tenant: {
    status: 422,
    sentence: 'Sending over SMTP is disabled for the organisation.',
    remedy:
      "Enable it for this mailbox, which overrides the organisation's setting: Set-CASMailbox -Identity ADDRESS -SmtpClientAuthenticationDisabled $false.",
    who: 'tenant admin',
  },
  smtp_disabled_mailbox: {
    status: 422,
    sentence: 'Sending over SMTP is disabled for the mailbox.',
    remedy:
      'Enable it: Set-CASMailbox -Identity ADDRESS -SmtpClientAuthenticationDisabled $false. Personal Outlook.com mailboxes do not have this switch.',
    who: 'tenant admin',
  },
  smtp_sign_in_refused: {
    status: 422,
    sentence: 'The outgoing mail server rejects the sign-in of this mailbox.',
    remedy:
      'Check that the permission SMTP.Send was granted, and that the person who signed in may send from this mailbox.',
    who: 'tenant admin',
  },
  send_throttled: {
    status: 503,
    sentence: 'The outgoing mail server is throttling this account.',
    remedy:
      'Nothing was sent; the broker waits and retries. If the problem persists, find out what else sends from this account.',
    who: 'nobody',
  },
  send_as_denied: {
    status: 422,
    sentence: 'The account may not send from the address in From.',
    remedy: 'Grant the permission: Add-RecipientPermission ADDRESS -Trustee PERSON -AccessRights SendAs.',
    who: 'tenant admin',
  },
  sender_blocked: {
    status: 422,
    sentence: 'Microsoft has blocked the account from sending because its mail looked like spam.',
    remedy:
      'Find out what was sent, secure the account, and unblock it under Restricted entities in Microsoft Defender.',
    who: 'tenant admin',
  },
  recipient_refused: {
    status: 422,
    sentence: 'The outgoing mail server rejects this recipient.',
    remedy: "Check the address; the server's reply has the details.",
    who: 'caller',
  },
  recipient_deferred: {
    status: 503,
    sentence: 'The outgoing mail server does not accept this recipient at the moment.',
    remedy:
      'While the submission waits, the broker retries automatically. If the other recipients were accepted (partial), send to this one again later.',
    who: 'caller',
  },
  mail_refused: {
    status: 422,
    sentence: 'The outgoing mail server rejects the message.',
    remedy: "The server's reply says why; change the message and send it as a new one.",
    who: 'caller',
  },
  send_deferred: {
    status: 503,
    sentence: 'The outgoing mail server does not accept the message at the moment.',
    remedy: 'Nothing was sent; the broker retries automatically.',
    who: 'nobody',
  },
  send_consent_required: {
    status: 409,
    sentence: "Microsoft has not granted the permission to send this mailbox's mail through Graph.",
    remedy:
      'The owner of the deployment adds Mail.Send (Mail.Send.Shared for shared mailboxes, also Mail.ReadWrite for messages over 2 MB) to GRAPH_PERMISSIONS and to the application. Then reconnect the mailbox (POST connect-links with its mailboxId) and accept the permission. Reading is not affected.',
    who: 'tenant admin',
  },
  graph_mail_too_large: {
    status: 422,
    sentence: 'The message is too large for one request to Microsoft Graph, and this mailbox has no other way to send.',
    remedy:
      'Let the mailbox use SMTP (PATCH mailboxes/{id} with sendVia: auto), or add Mail.ReadWrite to GRAPH_PERMISSIONS, which lets the broker upload large messages as drafts (not in shared mailboxes).',
    who: 'deployment owner',
  },
  graph_unreachable: {
    status: 503,
    sentence: 'Microsoft Graph cannot be reached.',
    remedy: 'Nothing was sent; the broker retries automatically.',
    who: 'nobody',
  },
} as const satisfies Record<string, ErrorEntry>;

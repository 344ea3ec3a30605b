import type { ErrorEntry } from './entry.ts';

/** What is wrong with a mailbox over IMAP, or with an attachment. */
export const mailErrors = {
  // Mailbox (IMAP)
  imap_unreachable: {
    status: 503,
    sentence: 'The mail server cannot be reached, or it broke the connection off.',
    remedy: 'Nothing is lost; the broker tries again by itself.',
    who: 'nobody',
  },
  imap_throttled: {
    status: 503,
    sentence: 'The mail server asks to slow down for this mailbox.',
    remedy:
      'Nothing is lost; the broker waits as long as it was told and tries again. If it lasts, see which other programs read the same mailbox over IMAP.',
    who: 'nobody',
  },
  imap_refused: {
    status: 422,
    sentence: 'The mail server refuses the sign-in to this mailbox.',
    remedy:
      'Check that IMAP is switched on for the mailbox (Microsoft 365: Set-CASMailbox -ImapEnabled $true; Outlook.com: Settings, Mail, Forwarding and IMAP), that the log-in name is the address of the mailbox, and that the person who signed in may open it.',
    who: 'tenant admin',
  },
  imap_not_connected: {
    status: 503,
    sentence: 'The mail server accepted the sign-in but does not open the mailbox.',
    remedy:
      'This often passes by itself, and the broker tries again. If it lasts, check that the log-in name is the address of the mailbox, that the person who signed in has full access to it, that it has a licence, and that IMAP is switched on for it.',
    who: 'tenant admin',
  },
  imap_token_expired: {
    status: 503,
    sentence: 'The mail server ended the session because its access token has expired.',
    remedy: 'Nothing is lost; the broker signs in again with a new token.',
    who: 'nobody',
  },
  imap_unexpected: {
    status: 503,
    sentence: 'The mail server gave an answer that the broker does not understand.',
    remedy: 'Nothing is lost; the broker tries again. If it lasts, report it with the log of the app.',
    who: 'deployment owner',
  },
  folder_missing: {
    status: 422,
    sentence: 'A folder that the broker is to watch is not in the mailbox, or cannot be opened.',
    remedy: 'Put the folder back under its name, or choose the folders of this mailbox anew (PATCH mailboxes/{id}).',
    who: 'mailbox owner',
  },

  // Attachments
  message_gone: {
    status: 410,
    sentence: 'The message is no longer in a folder that the broker watches.',
    remedy: 'Its owner moved or deleted it; put it back, or ask the owner for the file.',
    who: 'mailbox owner',
  },
  attachment_link_invalid: {
    status: 404,
    sentence: 'This is not one of our attachment links, or a part of it was cut off.',
    remedy: 'Use the url of the attachment whole, as the event brought it.',
    who: 'caller',
  },
  attachment_link_expired: {
    status: 410,
    sentence: 'The link to this attachment has expired.',
    remedy:
      'Have the message sent again (POST mailboxes/{id}/replay with since and force): its event brings new links. Whoever keeps the file should fetch it at once.',
    who: 'caller',
  },
  attachment_too_large: {
    status: 413,
    sentence: 'The attachment is larger than the 36 MB that the broker hands out.',
    remedy: 'Open the message in Outlook to get the file.',
    who: 'caller',
  },
  downloads_busy: {
    status: 429,
    sentence: 'Too many attachments are being fetched at once from this mailbox or by this broker.',
    remedy: 'Fetch it again in a moment; two at a time from one mailbox go through.',
    who: 'caller',
  },
} as const satisfies Record<string, ErrorEntry>;

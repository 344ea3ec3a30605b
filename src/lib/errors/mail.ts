import type { ErrorEntry } from './entry.ts';

/** What is wrong with a mailbox over IMAP, or with an attachment. */
export const mailErrors = {
  // Mailbox (IMAP)
  imap_unreachable: {
    status: 503,
    sentence: 'The mail server cannot be reached, or it dropped the connection.',
    remedy: 'Nothing is lost; the broker retries automatically.',
    who: 'nobody',
  },
  imap_throttled: {
    status: 503,
    sentence: 'The mail server is throttling requests for this mailbox.',
    remedy:
      'Nothing is lost; the broker waits as long as the server asks and retries. If the problem persists, find out which other programs read the same mailbox over IMAP.',
    who: 'nobody',
  },
  imap_refused: {
    status: 422,
    sentence: 'The mail server rejects the sign-in to this mailbox.',
    remedy:
      "Check that IMAP is enabled for the mailbox (Microsoft 365: Set-CASMailbox -ImapEnabled $true; Outlook.com: Settings, Mail, Forwarding and IMAP), that the login name is the mailbox's address, and that the person who signed in may open it.",
    who: 'tenant admin',
  },
  imap_not_connected: {
    status: 503,
    sentence: 'The mail server accepted the sign-in but does not open the mailbox.',
    remedy:
      "This is often temporary, and the broker retries. If it persists, check that the login name is the mailbox's address, that the person who signed in has full access to it, that it has a licence, and that IMAP is enabled for it.",
    who: 'tenant admin',
  },
  imap_token_expired: {
    status: 503,
    sentence: 'The mail server ended the session because its access token expired.',
    remedy: 'Nothing is lost; the broker signs in again with a new token.',
    who: 'nobody',
  },
  imap_unexpected: {
    status: 503,
    sentence: "The broker does not understand the mail server's answer.",
    remedy: 'Nothing is lost; the broker retries. If the problem persists, report it with the app log.',
    who: 'deployment owner',
  },
  folder_missing: {
    status: 422,
    sentence: 'A folder that the broker should watch does not exist in the mailbox, or cannot be opened.',
    remedy: 'Restore the folder under its name, or choose other folders for this mailbox (PATCH mailboxes/{id}).',
    who: 'mailbox owner',
  },

  // Reading and changing a mailbox over HTTP
  mailbox_busy: {
    status: 429,
    sentence: 'Other requests are at work in this mailbox, as many as may be at once.',
    remedy: 'Try again in a few seconds, and send fewer requests for one mailbox at the same time.',
    who: 'caller',
  },
  draft_changed: {
    status: 409,
    sentence: 'The draft has another version than the request names: another program, perhaps Outlook, has changed it.',
    remedy: 'Compare with current in the answer, and send your fields again with its version as base.',
    who: 'caller',
  },
  draft_locked: {
    status: 409,
    sentence: 'The draft is being sent, is scheduled, or it is unknown whether it was sent.',
    remedy: 'Read its submission; cancel, resend or settle that first.',
    who: 'caller',
  },
  no_such_folder: {
    status: 404,
    sentence: 'The mailbox has no such folder, or it cannot hold mail.',
    remedy: 'Take a path from GET mailboxes/{id}/folders, written exactly as there.',
    who: 'caller',
  },
  not_found_here: {
    status: 404,
    sentence: 'The message is not where it was, nor in a folder in which the broker looks for it.',
    remedy:
      'Its owner may have moved it to a folder of their own: list or search that folder for the current messageRef. Whether it still exists is not known.',
    who: 'caller',
  },
  part_not_found: {
    status: 404,
    sentence: 'The message has no such attachment.',
    remedy: 'Take the part from the attachments of the message.',
    who: 'caller',
  },
  categories_unsupported: {
    status: 422,
    sentence: 'The mail server keeps no categories in this folder.',
    remedy: 'Set categories in Outlook. Over IMAP, Exchange keeps only seen, flagged and answered.',
    who: 'caller',
  },
  change_refused: {
    status: 422,
    sentence: 'The mail server refuses this change.',
    remedy: 'Check that the mailbox is not full and that the folder may be changed; then try again.',
    who: 'mailbox owner',
  },
  cursor_stale: {
    status: 409,
    sentence: 'The mail server has renumbered this folder, so that the cursor leads nowhere.',
    remedy: 'Begin again without a cursor.',
    who: 'caller',
  },
  search_refused: {
    status: 422,
    sentence: 'The mail server does not search for this text.',
    remedy: 'Search for text in plain ASCII, or by subject, from or to, which the broker can compare itself.',
    who: 'caller',
  },
  range_not_satisfiable: {
    status: 416,
    sentence: 'The file ends before the range begins.',
    remedy: 'Ask for a range that begins within the file.',
    who: 'caller',
  },

  // Attachments
  message_gone: {
    status: 410,
    sentence: 'The message is no longer in a folder that the broker watches.',
    remedy: 'Its owner moved or deleted it; ask the owner to move it back.',
    who: 'mailbox owner',
  },
  attachment_link_invalid: {
    status: 404,
    sentence: 'This is not one of our attachment links, or part of it is missing.',
    remedy: 'Use the whole url of the attachment, exactly as it is in the event.',
    who: 'caller',
  },
  attachment_link_expired: {
    status: 410,
    sentence: 'The link to this attachment has expired.',
    remedy:
      'Have the message delivered again (POST mailboxes/{id}/replay with since and force); its event contains new links. To keep a file, download it right away.',
    who: 'caller',
  },
  attachment_too_large: {
    status: 413,
    sentence: 'The attachment exceeds the 36 MB limit of the broker.',
    remedy: 'Open the message in Outlook to get the file.',
    who: 'caller',
  },
  downloads_busy: {
    status: 429,
    sentence: 'Too many attachments are being downloaded at once from this mailbox or from this broker.',
    remedy: 'Retry in a moment; two downloads at a time are allowed for each mailbox.',
    who: 'caller',
  },
} as const satisfies Record<string, ErrorEntry>;

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
} as const satisfies Record<string, ErrorEntry>;

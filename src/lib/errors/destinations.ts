import type { ErrorEntry } from './entry.ts';

/** What is wrong with a destination, or with a delivery to it. */
export const destinationErrors = {
  // Destinations
  destination_url_refused: {
    status: 422,
    sentence: 'The broker does not send to this address.',
    remedy:
      'Give an https address that is reachable from the internet. A private one must be listed, with its network, in the setting PRIVATE_DESTINATIONS.',
    who: 'caller',
  },
  destination_in_use: {
    status: 409,
    sentence: 'Mailboxes still deliver to this destination.',
    remedy: 'Give these mailboxes another destination, or remove them, and delete it then.',
    who: 'caller',
  },
  destination_missing: {
    status: 404,
    sentence: 'The destination of this mailbox does not exist any more.',
    remedy: 'Give the mailbox another destination. No mail is lost: it waits in the mailbox.',
    who: 'deployment owner',
  },
  destination_paused: {
    status: 409,
    sentence: 'The destination is paused by hand.',
    remedy: 'Set paused to false on the destination to go on. Mail waits in the mailboxes until then.',
    who: 'deployment owner',
  },
  destination_unauthorised: {
    status: 502,
    sentence: 'The destination refuses our credentials (401 or 403).',
    remedy:
      'Set a valid API key, or user and password, on the destination, and check the role behind it. Delivery goes on by itself then.',
    who: 'deployment owner',
  },
  destination_not_found: {
    status: 502,
    sentence: 'There is nothing to deliver to at the address of the destination (404, 405 or 410).',
    remedy:
      'Check the URL of the destination and that its workflow or collection exists and is on. Delivery goes on by itself then.',
    who: 'deployment owner',
  },
  destination_workflow_off: {
    status: 502,
    sentence: 'NocoBase has no workflow of this key that is switched on.',
    remedy:
      'In NocoBase switch the workflow on, and compare its key with the triggerWorkflows of the URL. It has to be a custom action event whose context is none. Delivery goes on by itself then.',
    who: 'deployment owner',
  },
  destination_role_may_not_view: {
    status: 422,
    sentence: 'The role of the API key may not view the keys of mail and mailboxes.',
    remedy:
      'In NocoBase let the role view messageKey in the messages collection and mailboxId in the accounts collection. Both have to be named: a right to view that names no field shows none.',
    who: 'deployment owner',
  },
  destination_role_may_not_create: {
    status: 422,
    sentence: 'The role of the API key may not make records with every field that the broker fills.',
    remedy:
      'In NocoBase let the role create in the messages and the accounts collection, and name every field that the broker fills. If nobody changed the role: adding a field to a collection makes NocoBase forget all others where none was named.',
    who: 'deployment owner',
  },
  destination_role_may_not_update: {
    status: 422,
    sentence: 'The role of the API key may not change every field that the broker changes.',
    remedy:
      'In NocoBase let the role update the accounts collection, and messageRef, folderPath, folderRole, seen, flagged, answered and removed of the messages collection. Name the fields: adding one to a collection makes NocoBase forget all others where none was named.',
    who: 'deployment owner',
  },
  destination_busy: {
    status: 502,
    sentence:
      'The destination is overloaded, starting, or fails on everything (429, 502, 503, 504; NocoBase also 500).',
    remedy:
      'Nothing to do unless it lasts: delivery goes on by itself. If it lasts, check the server of the destination.',
    who: 'deployment owner',
  },
  destination_gateway_failed: {
    status: 502,
    sentence:
      'Something in front of the destination, such as a proxy or its hosting provider, answers in its place (402, 407, 408, 421, 423, 425, 499, or a 5xx other than 500, 502, 503 and 504).',
    remedy:
      'Nothing to do unless it lasts: delivery goes on by itself. If it lasts, look the status up in the manual of the proxy or provider, and check its connection to the destination. A receiver that wants to refuse one mail answers 422.',
    who: 'deployment owner',
  },
  destination_redirects: {
    status: 502,
    sentence: 'The destination answers with a redirect, which the broker does not follow.',
    remedy: 'Set the final address as the URL of the destination.',
    who: 'deployment owner',
  },
  destination_timeout: {
    status: 504,
    sentence: 'The destination did not answer within 20 seconds.',
    remedy:
      'Check the server of the destination; a workflow that works for long should answer at once and work afterwards.',
    who: 'deployment owner',
  },
  destination_unreachable: {
    status: 502,
    sentence: 'The destination cannot be reached: the connection was refused, reset or not made.',
    remedy: 'Check that the server of the destination runs and that its firewall lets the broker in.',
    who: 'deployment owner',
  },
  destination_name_unknown: {
    status: 502,
    sentence: 'The host name of the destination cannot be looked up.',
    remedy: 'Check the host in the URL of the destination and its DNS record.',
    who: 'deployment owner',
  },
  destination_tls_failed: {
    status: 502,
    sentence: 'The certificate of the destination is not valid for its address.',
    remedy: 'Renew or mend the certificate of the destination; the whole chain has to be sent.',
    who: 'deployment owner',
  },
  destination_address_refused: {
    status: 502,
    sentence: 'The host of the destination leads to an address to which the broker does not send.',
    remedy:
      'Let the host name resolve to public addresses only, or list the private host and its network in PRIVATE_DESTINATIONS.',
    who: 'deployment owner',
  },
  destination_answer_unexpected: {
    status: 502,
    sentence: 'The destination answers, but not as NocoBase does.',
    remedy:
      'Check the URL of the destination, which for collections ends in /api, and that the messages collection has a field messageKey. Something in front of NocoBase may have answered in its place, such as a page for signing in. Delivery goes on by itself then.',
    who: 'deployment owner',
  },
  destination_unfit: {
    status: 422,
    sentence: 'The collections of the destination are not fit for mail.',
    remedy:
      'All three must exist; messageKey must be a unique field of the messages collection and mailboxId one of the accounts collection, or mail could be stored twice. Where files are to be uploaded, the messages collection needs the attachment field that is named.',
    who: 'deployment owner',
  },
  destination_refused_message: {
    status: 502,
    sentence: 'The destination refused the message itself, or failed on it.',
    remedy: 'Look in the log of the destination for the reason; the status that it answered is named.',
    who: 'deployment owner',
  },
} as const satisfies Record<string, ErrorEntry>;

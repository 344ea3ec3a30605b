import type { ErrorEntry } from './entry.ts';

/** What is wrong with a request, its API key, or a journey through Microsoft. */
export const requestErrors = {
  // Requests
  invalid_request: {
    status: 400,
    sentence: 'The request is not in the expected form.',
    remedy: 'Fix the listed fields and retry.',
    who: 'caller',
  },
  malformed_json: {
    status: 400,
    sentence: 'The request body is not valid JSON.',
    remedy: 'Send a JSON object with Content-Type: application/json.',
    who: 'caller',
  },
  body_too_large: {
    status: 413,
    sentence: 'The request body is larger than this endpoint takes.',
    remedy: 'Send at most 64 KiB of JSON, or 8 MiB to send a message.',
    who: 'caller',
  },
  body_too_slow: {
    status: 408,
    sentence: 'The request body did not arrive in time.',
    remedy: 'Send the whole body at once, within 30 seconds.',
    who: 'caller',
  },
  not_found: {
    status: 404,
    sentence: 'There is nothing under this address.',
    remedy: 'Check the path and the id; an id that your key does not list counts as unknown.',
    who: 'caller',
  },
  method_not_allowed: {
    status: 405,
    sentence: 'This address does not take that method.',
    remedy: 'Use one of the methods that the Allow header names.',
    who: 'caller',
  },
  conflict: {
    status: 409,
    sentence: 'Somebody else changed this at the same moment.',
    remedy: 'Read it again and repeat the request.',
    who: 'caller',
  },

  // Replays
  replays_waiting: {
    status: 429,
    sentence: 'As many replays wait for this mailbox as there may be.',
    remedy:
      'Wait until they are done, give them up (DELETE mailboxes/{id}/replay), or have everything that was given up replayed by one request, {"dead": true}.',
    who: 'caller',
  },

  // API keys
  key_missing: {
    status: 401,
    sentence: 'The request carries no API key.',
    remedy: 'Send the header Authorization: Bearer <broker key>.',
    who: 'caller',
  },
  key_invalid: {
    status: 401,
    sentence: 'The API key is not known, or it has expired or been revoked.',
    remedy: 'Ask an administrator of the broker for a new key.',
    who: 'caller',
  },
  nocobase_session_token: {
    status: 401,
    sentence: 'The request carries a session token of NocoBase in place of a broker key.',
    remedy:
      'Set the Authorization header of the button or node to Bearer <broker key>; without one NocoBase sends the own token of the user.',
    who: 'caller',
  },
  scope_missing: {
    status: 403,
    sentence: 'The API key does not have the scope that this endpoint needs.',
    remedy: 'Use a key with that scope, or ask an administrator of the broker for one.',
    who: 'caller',
  },

  key_limited: {
    status: 403,
    sentence: 'The API key is limited to certain mailboxes or destinations, and this goes beyond them.',
    remedy: 'Stay within the limits of the key, or use one without them.',
    who: 'caller',
  },
  token_endpoint_off: {
    status: 404,
    sentence: 'This broker gives out no access tokens.',
    remedy: 'The owner of the deployment switches them on with TOKEN_ENDPOINT=on.',
    who: 'deployment owner',
  },
  token_app_only: {
    status: 403,
    sentence: 'The mailbox is opened with a permission of the app; its token would open every other mailbox too.',
    remedy: 'Send and read through the broker, or connect the mailbox by its owner.',
    who: 'caller',
  },
  token_shared: {
    status: 403,
    sentence: 'The token of a shared mailbox opens the mailbox of the person who connected it too.',
    remedy: 'Use a key that also lists the mailbox of that person.',
    who: 'caller',
  },

  // Connecting
  destination_ambiguous: {
    status: 422,
    sentence: 'It is not clear which destination the mail of this mailbox goes to.',
    remedy: 'Name one by destinationId. If there is none yet, make one with POST destinations.',
    who: 'caller',
  },
  link_invalid: {
    status: 404,
    sentence: 'This is not one of our links, or a part of it was cut off.',
    remedy: 'Open the link again as it was sent, or ask for a new one.',
    who: 'mailbox owner',
  },
  link_expired: {
    status: 410,
    sentence: 'The link has expired.',
    remedy: 'Ask the person who sent it for a new one.',
    who: 'mailbox owner',
  },
  link_spent: {
    status: 410,
    sentence: 'A mailbox has been connected with this link; it works once.',
    remedy: 'Ask the person who sent it for a new one, if another mailbox is to be connected.',
    who: 'mailbox owner',
  },
  cross_site_refused: {
    status: 403,
    sentence: 'A sign-in is begun on our own page only; this request came from somewhere else.',
    remedy: 'Open the link as it was sent and press the button there.',
    who: 'mailbox owner',
  },
  sign_in_foreign: {
    status: 400,
    sentence: 'This sign-in was not begun in this browser, or it was begun too long ago.',
    remedy: 'Open the link again and sign in within ten minutes, in one and the same browser.',
    who: 'mailbox owner',
  },
  wrong_account: {
    status: 403,
    sentence: 'The person who signed in is not the one that the link is for.',
    remedy: 'Open the link again and sign in with the account that it names.',
    who: 'mailbox owner',
  },

  shared_access_missing: {
    status: 422,
    sentence: 'The mail server does not open this mailbox to the person whose sign-in is used.',
    remedy:
      'An administrator gives that person full access (Add-MailboxPermission -AccessRights FullAccess), which counts within an hour, and checks the log-in name. Then send the request again.',
    who: 'tenant admin',
  },
  app_access_missing: {
    status: 422,
    sentence: 'The mail server does not open this mailbox to the app.',
    remedy:
      'An administrator consents to IMAP.AccessAsApp, makes the app known to Exchange (New-ServicePrincipal) and gives it the mailbox (Add-MailboxPermission -AccessRights FullAccess), which counts within an hour. Or name by viaMailboxId a person who may open it.',
    who: 'tenant admin',
  },
} as const satisfies Record<string, ErrorEntry>;

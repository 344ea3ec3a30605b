import type { ErrorEntry } from './entry.ts';

/** What is wrong with a request, its API key, or a journey through Microsoft. */
export const requestErrors = {
  // Requests
  invalid_request: {
    status: 400,
    sentence: 'The request does not have the expected form.',
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
    sentence: 'The request body is larger than this endpoint accepts.',
    remedy: 'Send at most 64 KiB of JSON, or 8 MiB to send a message, or 36 MB of multipart/form-data with its files.',
    who: 'caller',
  },
  malformed_form: {
    status: 400,
    sentence: 'The request body is not valid multipart/form-data, or a part of it is missing.',
    remedy:
      'Send every part with Content-Disposition: form-data and a name, and the body to its end; leave the header Content-Type to the program that writes the body.',
    who: 'caller',
  },
  uploads_busy: {
    status: 503,
    sentence: 'The broker is busy with as many large requests as it has memory for.',
    remedy: 'Send the request again after the seconds that Retry-After names; nothing of it was taken.',
    who: 'nobody',
  },
  body_too_slow: {
    status: 408,
    sentence: 'The request body did not arrive in time.',
    remedy: 'Send the whole body at once: JSON within 30 seconds, a form with files within two minutes.',
    who: 'caller',
  },
  not_found: {
    status: 404,
    sentence: 'There is nothing at this address.',
    remedy: 'Check the path and the id; an id outside the limits of your key counts as unknown.',
    who: 'caller',
  },
  method_not_allowed: {
    status: 405,
    sentence: 'This address does not support that method.',
    remedy: 'Use one of the methods listed in the Allow header.',
    who: 'caller',
  },
  conflict: {
    status: 409,
    sentence: 'The resource was changed by someone else at the same time.',
    remedy: 'Read it again and repeat the request.',
    who: 'caller',
  },

  // Replays
  replays_waiting: {
    status: 429,
    sentence: 'This mailbox already has the maximum number of pending replays.',
    remedy:
      'Wait until they finish, cancel them (DELETE mailboxes/{id}/replay), or replay every given-up message with a single request, {"dead": true}.',
    who: 'caller',
  },

  // API keys
  key_missing: {
    status: 401,
    sentence: 'The request has no API key.',
    remedy: 'Send the header Authorization: Bearer <broker key>.',
    who: 'caller',
  },
  key_invalid: {
    status: 401,
    sentence: 'The API key is unknown, expired or revoked.',
    remedy: 'Ask an administrator of the broker for a new key.',
    who: 'caller',
  },
  nocobase_session_token: {
    status: 401,
    sentence: 'The request carries a NocoBase session token instead of a broker key.',
    remedy:
      "Set the Authorization header of the button or node to Bearer <broker key>; otherwise NocoBase sends the user's own token.",
    who: 'caller',
  },
  scope_missing: {
    status: 403,
    sentence: 'The API key does not have the scope that this endpoint requires.',
    remedy: 'Use a key with that scope, or ask an administrator of the broker for one.',
    who: 'caller',
  },

  key_limited: {
    status: 403,
    sentence: 'The API key is limited to certain mailboxes or destinations, and this request goes beyond them.',
    remedy: 'Stay within the limits of the key, or use a key without limits.',
    who: 'caller',
  },
  token_endpoint_off: {
    status: 404,
    sentence: 'This broker does not hand out access tokens.',
    remedy: 'The owner of the deployment can enable them with TOKEN_ENDPOINT=on.',
    who: 'deployment owner',
  },
  token_app_only: {
    status: 403,
    sentence: 'The mailbox is opened with an app permission, so its token would open every other mailbox too.',
    remedy: 'Send and read through the broker, or have the owner connect the mailbox.',
    who: 'caller',
  },
  token_shared: {
    status: 403,
    sentence: 'The token for a shared mailbox also opens the mailbox of the person who connected it.',
    remedy: "Use a key that also lists that person's mailbox.",
    who: 'caller',
  },

  // Connecting
  destination_ambiguous: {
    status: 422,
    sentence: "It is not clear which destination should receive this mailbox's mail.",
    remedy: 'Set destinationId. If there is no destination yet, create one with POST destinations.',
    who: 'caller',
  },
  link_invalid: {
    status: 404,
    sentence: 'This is not one of our links, or part of it is missing.',
    remedy: 'Open the link again exactly as it was sent, or ask for a new one.',
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
    sentence: 'This link has already been used to connect a mailbox; it works only once.',
    remedy: 'To connect another mailbox, ask the person who sent the link for a new one.',
    who: 'mailbox owner',
  },
  cross_site_refused: {
    status: 403,
    sentence: 'Sign-in must start on our own page; this request came from another site.',
    remedy: 'Open the link as it was sent and press the button there.',
    who: 'mailbox owner',
  },
  sign_in_foreign: {
    status: 400,
    sentence: 'This sign-in was not started in this browser, or it was started too long ago.',
    remedy: 'Open the link again and sign in within ten minutes, in the same browser.',
    who: 'mailbox owner',
  },
  wrong_account: {
    status: 403,
    sentence: 'The person who signed in is not the one the link is for.',
    remedy: 'Open the link again and sign in with the account that it names.',
    who: 'mailbox owner',
  },

  shared_access_missing: {
    status: 422,
    sentence: 'The mail server does not let the person whose sign-in is used open this mailbox.',
    remedy:
      'Have an administrator give that person full access (Add-MailboxPermission -AccessRights FullAccess), which takes effect within an hour, and check the login name. Then retry.',
    who: 'tenant admin',
  },
  app_access_missing: {
    status: 422,
    sentence: 'The mail server does not let the app open this mailbox.',
    remedy:
      'Have an administrator consent to IMAP.AccessAsApp, register the app in Exchange (New-ServicePrincipal) and give it access to the mailbox (Add-MailboxPermission -AccessRights FullAccess), which takes effect within an hour. Or set viaMailboxId to the mailbox of a person who may open it.',
    who: 'tenant admin',
  },
} as const satisfies Record<string, ErrorEntry>;

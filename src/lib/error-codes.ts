/** The one person who can act on a failure. */
export type Who = 'caller' | 'mailbox owner' | 'tenant admin' | 'deployment owner' | 'nobody';

export interface ErrorEntry {
  /** HTTP status of the answer in which this code appears. */
  readonly status: number;
  /** What happened, in one plain sentence. */
  readonly sentence: string;
  /** What mends it. */
  readonly remedy: string;
  readonly who: Who;
}

/**
 * Every failure by its code: the sentence, the remedy, and who acts. Sections follow the rooms of src/lib.
 * A code, once published, keeps its meaning.
 */
const table = {
  // Requests
  invalid_request: {
    status: 400,
    sentence: 'The request is not in the expected form.',
    remedy: 'Mend the fields that are named and send it again.',
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
    remedy: 'Send at most 64 KiB of JSON.',
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

  // Settings and the parts we stand on
  settings_broken: {
    status: 503,
    sentence: 'The settings of the broker are not complete.',
    remedy: 'The owner of the deployment finds every fault by name in the log of the app.',
    who: 'deployment owner',
  },
  storage_unreachable: {
    status: 503,
    sentence: 'Table Storage does not answer.',
    remedy:
      'Nothing is lost; try again in a minute. If it lasts, check the storage account and the role of the identity on it.',
    who: 'deployment owner',
  },
  vault_unreachable: {
    status: 503,
    sentence: 'Key Vault does not answer.',
    remedy: 'Nothing is lost; try again in a minute. If it lasts, check the vault and the role of the identity on it.',
    who: 'deployment owner',
  },
  internal_error: {
    status: 500,
    sentence: 'Something went wrong inside the broker.',
    remedy: 'Try again; if it lasts, give the requestId to the owner of the deployment, who finds it in the log.',
    who: 'deployment owner',
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof table;

/** {@link table} under its general type. */
export const errorTable: Readonly<Record<ErrorCode, ErrorEntry>> = table;

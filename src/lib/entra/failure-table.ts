import type { ErrorCode } from '../error-codes.ts';

/** What a failure means for us. */
export type FailureClass =
  /** The person said no: nothing changes. */
  | 'declined'
  /** The person signs in again; polling stops until then. */
  | 'user'
  /** An administrator of the tenant acts; tried again once a day. */
  | 'tenant admin'
  /** The owner of the deployment acts: the whole app is affected, the mailboxes are not to blame. */
  | 'owner'
  /** The sign-in at hand is lost; it starts anew. */
  | 'restart'
  /** It passes by itself. */
  | 'retry'
  | 'throttled'
  /** Too many equal requests, which is our fault: rest for an hour. */
  | 'loop'
  /** Microsoft locked the account for a while. */
  | 'locked'
  /** `invalid_grant` without a reason we know: once more after a minute, then the person. */
  | 'doubt';

/** Whether a person is at the browser, a stored sign-in is being renewed, or the app asks on its own behalf. */
export type Phase = 'sign-in' | 'renew' | 'app';

export interface FailureRule {
  readonly code: ErrorCode;
  readonly class: FailureClass;
  /** AADSTS numbers: https://learn.microsoft.com/entra/identity-platform/reference-error-codes */
  readonly numbers?: readonly number[];
  readonly suberrors?: readonly string[];
  /** `error` of the answer (RFC 6749 sections 4.1.2.1 and 5.2), or MSAL's own code where the failure is its own. */
  readonly errors?: readonly string[];
  /** Only in this phase. */
  readonly phase?: Phase;
}

/**
 * Every failure of a sign-in or a renewal that we know. A number says more than a suberror, and that more than `error`:
 * the number is looked for in the whole table first.
 */
export const failureTable: readonly FailureRule[] = [
  { code: 'sign_in_declined', class: 'declined', numbers: [65004], errors: ['access_denied'] },

  // 70008 is said of a code that got too old, and of a refresh token that nobody used.
  { code: 'code_already_used', class: 'restart', numbers: [54005] },
  { code: 'sign_in_restart', class: 'restart', numbers: [70008], phase: 'sign-in' },
  {
    code: 'sign_in_restart',
    class: 'restart',
    numbers: [501481, 700005],
    errors: ['nonce_mismatch', 'state_mismatch', 'state_not_found'],
  },

  { code: 'grant_revoked', class: 'user', numbers: [50173, 50132, 50133] },
  { code: 'grant_expired', class: 'user', numbers: [700082, 70008], suberrors: ['token_expired'], phase: 'renew' },
  { code: 'grant_expired', class: 'user', numbers: [700082], errors: ['refresh_token_expired'] },
  { code: 'sign_in_too_old', class: 'user', numbers: [70043] },
  {
    code: 'mfa_required',
    class: 'user',
    numbers: [50072, 50074, 50076, 50078, 50079],
    suberrors: ['basic_action', 'additional_action'],
  },
  { code: 'password_expired', class: 'user', numbers: [50055], suberrors: ['user_password_expired'] },
  { code: 'device_sign_in_required', class: 'user', numbers: [50097], suberrors: ['device_authentication_failed'] },
  // Where nobody signs in, nobody but an administrator can consent. 501051: the app has no role that it was asked for.
  { code: 'admin_consent_required', class: 'tenant admin', numbers: [65001, 501051], phase: 'app' },
  {
    code: 'consent_missing',
    class: 'user',
    numbers: [65001],
    suberrors: ['consent_required'],
    errors: ['consent_required'],
  },
  {
    code: 'reconnect_required',
    class: 'user',
    suberrors: ['bad_token', 'ui_not_allowed', 'interrupted_user'],
    errors: [
      'interaction_required',
      'login_required',
      'no_tokens_found',
      'no_account_found',
      'no_account_in_silent_request',
    ],
  },

  { code: 'admin_consent_required', class: 'tenant admin', numbers: [90094, 90095] },
  { code: 'user_not_assigned', class: 'tenant admin', numbers: [50105] },
  { code: 'account_disabled', class: 'tenant admin', numbers: [50057] },
  {
    code: 'conditional_access_blocked',
    class: 'tenant admin',
    numbers: [53000, 53001, 53002, 53003, 530032],
    suberrors: ['message_only', 'protection_policy_required'],
  },
  // 7000229: the application has no service principal in the tenant.
  { code: 'app_not_in_tenant', class: 'tenant admin', numbers: [700016, 7000229] },
  { code: 'app_disabled', class: 'tenant admin', numbers: [7000112] },
  { code: 'app_permissions_broken', class: 'tenant admin', numbers: [650052, 650056, 650057, 65006, 500011] },
  { code: 'account_not_in_tenant', class: 'tenant admin', numbers: [50020] },
  { code: 'app_single_tenant', class: 'tenant admin', numbers: [50194] },

  { code: 'client_secret_invalid', class: 'owner', numbers: [7000215] },
  { code: 'client_secret_expired', class: 'owner', numbers: [7000222] },
  { code: 'federation_refused', class: 'owner', numbers: [700213, 7002138, 700222] },
  { code: 'client_credential_refused', class: 'owner', numbers: [7000218, 700027], errors: ['invalid_client'] },
  { code: 'app_not_authorized', class: 'owner', errors: ['unauthorized_client'] },
  { code: 'redirect_uri_mismatch', class: 'owner', numbers: [50011, 500112] },
  { code: 'scope_refused', class: 'owner', numbers: [70011, 28000, 1002012], errors: ['invalid_scope'] },

  {
    code: 'entra_unavailable',
    class: 'retry',
    numbers: [90006, 90012, 90024, 90033, 50033, 50087, 90090, 70012],
    errors: [
      'temporarily_unavailable',
      'server_error',
      // MSAL's own, when what came back was no answer.
      'network_error',
      'token_parsing_error',
      'endpoints_resolution_error',
      'openid_config_error',
    ],
  },
  { code: 'entra_throttled', class: 'throttled', numbers: [90055] },
  { code: 'entra_loop', class: 'loop', numbers: [50196] },
  { code: 'account_locked', class: 'locked', numbers: [50053] },

  { code: 'sign_in_restart', class: 'restart', errors: ['invalid_grant'], phase: 'sign-in' },
  { code: 'grant_doubtful', class: 'doubt', errors: ['invalid_grant'], phase: 'renew' },
];

/** What no rule knows: told to the owner of the deployment, held against nobody, tried again. */
export const unknownFailure: FailureRule = { code: 'entra_refused', class: 'retry' };

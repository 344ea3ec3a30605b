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
  /** The current sign-in is lost; it starts over. */
  | 'restart'
  /** It is transient. */
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
  /** `errors` count only beside a number, be it one that no rule knows. */
  readonly isNumbered?: true;
}

/**
 * Every failure of a sign-in or a renewal that we know. A number says more than a suberror, and that more than `error`:
 * the number is looked for in the whole table first.
 */
export const failureTable: readonly FailureRule[] = [
  // Entra answers access_denied for everything that keeps a person out. Only without a number, or with this one, did
  // the person decline.
  {
    code: 'sign_in_blocked',
    class: 'tenant admin',
    numbers: [54000, 80012],
    errors: ['access_denied'],
    isNumbered: true,
  },
  { code: 'sign_in_declined', class: 'declined', numbers: [65004], suberrors: ['cancel'], errors: ['access_denied'] },

  // 70008 means an expired code or an unused refresh token.
  { code: 'code_already_used', class: 'restart', numbers: [54005] },
  { code: 'sign_in_restart', class: 'restart', numbers: [70008], phase: 'sign-in' },
  {
    code: 'sign_in_restart',
    class: 'restart',
    phase: 'sign-in',
    // 16000 to 51006: the session in the browser, which a new sign-in replaces.
    numbers: [501481, 700005, 16001, 16002, 160021, 50058, 50089, 50140, 50143, 50197, 50199, 51006],
    errors: ['nonce_mismatch', 'state_mismatch', 'state_not_found'],
  },

  { code: 'grant_revoked', class: 'user', numbers: [50173, 50132, 50133] },
  { code: 'grant_expired', class: 'user', numbers: [700082, 70008], suberrors: ['token_expired'], phase: 'renew' },
  { code: 'grant_expired', class: 'user', numbers: [700082], errors: ['refresh_token_expired'] },
  { code: 'sign_in_too_old', class: 'user', numbers: [70043] },
  {
    code: 'mfa_required',
    class: 'user',
    // 50158, 50161: a second proof by another provider.
    numbers: [50072, 50074, 50076, 50078, 50079, 50158, 50161],
    suberrors: ['basic_action', 'additional_action'],
  },
  // 50144: in the Active Directory behind it. 50135: it has to be changed because it may be known to others.
  {
    code: 'password_expired',
    class: 'user',
    numbers: [50055, 50144, 50135, 50056, 50125],
    suberrors: ['user_password_expired'],
  },
  {
    code: 'device_sign_in_required',
    class: 'user',
    numbers: [50097, 50129, 50155, 50187],
    suberrors: ['device_authentication_failed'],
  },
  // Without a sign-in only an administrator can consent. 501051: the app has no role that it was asked for.
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
    // The session behind the stored sign-in is gone, at Microsoft or at the provider that it trusts.
    numbers: [50085, 50139],
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
  // 530032: a security policy of the tenant. 530035: security defaults.
  {
    code: 'conditional_access_blocked',
    class: 'tenant admin',
    numbers: [53003, 50131, 530032, 530035],
    suberrors: ['message_only'],
  },
  // Not compliant, not joined, on a platform that the policy does not name.
  { code: 'device_not_managed', class: 'tenant admin', numbers: [53000, 53001, 50005] },
  {
    code: 'app_not_approved',
    class: 'tenant admin',
    numbers: [53002, 53009, 50127],
    suberrors: ['protection_policy_required'],
  },
  { code: 'sign_in_risky', class: 'tenant admin', numbers: [53011, 530034] },
  { code: 'mfa_setup_blocked', class: 'tenant admin', numbers: [53004, 53010] },
  // Tenant restrictions of a network (the first three); cross-tenant access policies of either side.
  { code: 'tenant_restricted', class: 'tenant admin', numbers: [50002, 500021, 500022, 500212, 500213, 1000104] },
  // 7000229: the application has no service principal in the tenant.
  { code: 'app_not_in_tenant', class: 'tenant admin', numbers: [700016, 7000229, 700011, 70001] },
  { code: 'app_disabled', class: 'tenant admin', numbers: [7000112] },
  {
    code: 'app_permissions_broken',
    class: 'tenant admin',
    numbers: [650052, 650054, 650056, 650057, 65005, 65006, 500011, 50001, 90008],
  },
  { code: 'account_not_in_tenant', class: 'tenant admin', numbers: [50020, 16000, 16003, 50014, 50034, 51004, 90072] },
  { code: 'app_single_tenant', class: 'tenant admin', numbers: [50194] },
  // A personal account where work accounts are taken, or the other way round.
  { code: 'account_type_refused', class: 'tenant admin', numbers: [500208, 9002331, 9002332, 9002346] },

  { code: 'client_secret_invalid', class: 'owner', numbers: [7000215, 70002] },
  { code: 'client_secret_expired', class: 'owner', numbers: [7000222] },
  { code: 'federation_refused', class: 'owner', numbers: [700213, 7002138, 700222, 700211, 700212, 70021] },
  {
    code: 'client_credential_refused',
    class: 'owner',
    numbers: [7000218, 7000216, 700027, 700024, 50012, 50013],
    errors: ['invalid_client'],
  },
  // The redirect address stands under another platform than Web: a public client, or a page of scripts.
  {
    code: 'app_not_authorized',
    class: 'owner',
    numbers: [700025, 9002325, 9002326, 9002327],
    errors: ['unauthorized_client'],
  },
  // In a renewal the tenant is the person's, which may be gone without a fault of the settings.
  { code: 'tenant_unknown', class: 'owner', numbers: [90002, 900021, 900023, 90038, 50128], phase: 'sign-in' },
  { code: 'redirect_uri_mismatch', class: 'owner', numbers: [50011, 500112, 500113, 70004] },
  {
    code: 'scope_refused',
    class: 'owner',
    numbers: [70011, 28000, 28002, 28003, 650053, 1002012],
    errors: ['invalid_scope'],
  },

  {
    code: 'entra_unavailable',
    class: 'retry',
    // 40010 to 80014: an identity provider or a directory of the organisation's own, behind Entra. 50088: calls to telephones.
    numbers: [
      90006, 90012, 90024, 90033, 50033, 50087, 90090, 70012, 50088, 50166, 40010, 80001, 80002, 80005, 80007, 80014,
    ],
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

/** Unknown to every rule: reported to the owner of the deployment, blames no account, retried. */
export const unknownFailure: FailureRule = { code: 'entra_refused', class: 'retry' };

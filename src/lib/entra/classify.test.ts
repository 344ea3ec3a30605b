import { ServerError } from '@azure/msal-node';
import { describe, expect, it, test } from 'vitest';
import { type ErrorCode, errorTable } from '../error-codes.ts';
import { BrokerError } from '../errors.ts';
import {
  answerOf,
  authorizeFailure,
  claimsOf,
  failureClass,
  failureError,
  findRule,
  grantStatusFor,
  msalError,
  type Phase,
} from './classify.ts';
import { type FailureClass, failureTable } from './failure-table.ts';

// What Microsoft documents for each number, and what the broker is to make of it; written down apart from the table.
const numbers: readonly [number, string, FailureClass, ErrorCode, Phase?][] = [
  [65004, 'access_denied', 'declined', 'sign_in_declined'],
  [50173, 'invalid_grant', 'user', 'grant_revoked'],
  [50132, 'invalid_grant', 'user', 'grant_revoked'],
  [50133, 'invalid_grant', 'user', 'grant_revoked'],
  [700082, 'invalid_grant', 'user', 'grant_expired'],
  [70008, 'invalid_grant', 'user', 'grant_expired', 'renew'],
  [70043, 'invalid_grant', 'user', 'sign_in_too_old'],
  [50072, 'interaction_required', 'user', 'mfa_required'],
  [50074, 'interaction_required', 'user', 'mfa_required'],
  [50076, 'invalid_grant', 'user', 'mfa_required'],
  [50078, 'invalid_grant', 'user', 'mfa_required'],
  [50079, 'invalid_grant', 'user', 'mfa_required'],
  [50055, 'invalid_grant', 'user', 'password_expired'],
  [65001, 'invalid_grant', 'user', 'consent_missing', 'sign-in'],
  [65001, 'invalid_grant', 'user', 'consent_missing', 'renew'],
  [50097, 'interaction_required', 'user', 'device_sign_in_required'],
  [90094, 'access_denied', 'tenant admin', 'admin_consent_required'],
  [90095, 'access_denied', 'tenant admin', 'admin_consent_required'],
  [50105, 'invalid_grant', 'tenant admin', 'user_not_assigned'],
  [50057, 'invalid_grant', 'tenant admin', 'account_disabled'],
  [53000, 'interaction_required', 'tenant admin', 'device_not_managed'],
  [53001, 'invalid_grant', 'tenant admin', 'device_not_managed'],
  [53002, 'invalid_grant', 'tenant admin', 'app_not_approved'],
  [53003, 'invalid_grant', 'tenant admin', 'conditional_access_blocked'],
  [530032, 'invalid_grant', 'tenant admin', 'conditional_access_blocked'],
  [700016, 'unauthorized_client', 'tenant admin', 'app_not_in_tenant'],
  [7000229, 'invalid_client', 'tenant admin', 'app_not_in_tenant'],
  [65001, 'invalid_grant', 'tenant admin', 'admin_consent_required', 'app'],
  [501051, 'invalid_grant', 'tenant admin', 'admin_consent_required', 'app'],
  [500011, 'invalid_resource', 'tenant admin', 'app_permissions_broken'],
  [1002012, 'invalid_scope', 'owner', 'scope_refused'],
  [7000112, 'unauthorized_client', 'tenant admin', 'app_disabled'],
  [650052, 'invalid_client', 'tenant admin', 'app_permissions_broken'],
  [650056, 'invalid_client', 'tenant admin', 'app_permissions_broken'],
  [650057, 'invalid_resource', 'tenant admin', 'app_permissions_broken'],
  [65006, 'invalid_client', 'tenant admin', 'app_permissions_broken'],
  [50020, 'invalid_grant', 'tenant admin', 'account_not_in_tenant'],
  [50194, 'invalid_request', 'tenant admin', 'app_single_tenant'],
  [7000215, 'invalid_client', 'owner', 'client_secret_invalid'],
  [7000222, 'invalid_client', 'owner', 'client_secret_expired'],
  [7000218, 'invalid_client', 'owner', 'client_credential_refused'],
  [700027, 'invalid_client', 'owner', 'client_credential_refused'],
  [700213, 'invalid_client', 'owner', 'federation_refused'],
  [7002138, 'invalid_client', 'owner', 'federation_refused'],
  [700222, 'invalid_client', 'owner', 'federation_refused'],
  [50011, 'invalid_client', 'owner', 'redirect_uri_mismatch'],
  [70011, 'invalid_scope', 'owner', 'scope_refused'],
  [28000, 'invalid_request', 'owner', 'scope_refused'],
  [54005, 'invalid_grant', 'restart', 'code_already_used', 'sign-in'],
  [70008, 'invalid_grant', 'restart', 'sign_in_restart', 'sign-in'],
  [501481, 'invalid_grant', 'restart', 'sign_in_restart', 'sign-in'],
  [700005, 'invalid_grant', 'restart', 'sign_in_restart', 'sign-in'],
  [90006, 'server_error', 'retry', 'entra_unavailable'],
  [90012, 'server_error', 'retry', 'entra_unavailable'],
  [90024, 'server_error', 'retry', 'entra_unavailable'],
  [90033, 'temporarily_unavailable', 'retry', 'entra_unavailable'],
  [50033, 'invalid_grant', 'retry', 'entra_unavailable'],
  [50087, 'invalid_grant', 'retry', 'entra_unavailable'],
  [90090, 'server_error', 'retry', 'entra_unavailable'],
  [70012, 'invalid_grant', 'retry', 'entra_unavailable'],
  [90055, 'temporarily_unavailable', 'throttled', 'entra_throttled'],
  [50196, 'invalid_grant', 'loop', 'entra_loop'],
  [50053, 'invalid_grant', 'locked', 'account_locked'],
  [54000, 'access_denied', 'tenant admin', 'sign_in_blocked'],
  [80012, 'access_denied', 'tenant admin', 'sign_in_blocked'],
  [50158, 'interaction_required', 'user', 'mfa_required'],
  [50161, 'interaction_required', 'user', 'mfa_required'],
  [50144, 'invalid_grant', 'user', 'password_expired'],
  [50135, 'invalid_grant', 'user', 'password_expired'],
  [50056, 'invalid_grant', 'user', 'password_expired'],
  [50125, 'invalid_grant', 'user', 'password_expired'],
  [50129, 'interaction_required', 'user', 'device_sign_in_required'],
  [50155, 'interaction_required', 'user', 'device_sign_in_required'],
  [50187, 'interaction_required', 'user', 'device_sign_in_required'],
  [50085, 'invalid_grant', 'user', 'reconnect_required'],
  [50139, 'invalid_grant', 'user', 'reconnect_required'],
  [50131, 'access_denied', 'tenant admin', 'conditional_access_blocked'],
  [530035, 'access_denied', 'tenant admin', 'conditional_access_blocked'],
  [50005, 'access_denied', 'tenant admin', 'device_not_managed'],
  [53009, 'access_denied', 'tenant admin', 'app_not_approved'],
  [50127, 'access_denied', 'tenant admin', 'app_not_approved'],
  [53011, 'access_denied', 'tenant admin', 'sign_in_risky'],
  [530034, 'access_denied', 'tenant admin', 'sign_in_risky'],
  [53004, 'access_denied', 'tenant admin', 'mfa_setup_blocked'],
  [53010, 'access_denied', 'tenant admin', 'mfa_setup_blocked'],
  [50002, 'access_denied', 'tenant admin', 'tenant_restricted'],
  [500021, 'access_denied', 'tenant admin', 'tenant_restricted'],
  [500022, 'access_denied', 'tenant admin', 'tenant_restricted'],
  [500212, 'access_denied', 'tenant admin', 'tenant_restricted'],
  [500213, 'access_denied', 'tenant admin', 'tenant_restricted'],
  [1000104, 'access_denied', 'tenant admin', 'tenant_restricted'],
  [700011, 'unauthorized_client', 'tenant admin', 'app_not_in_tenant'],
  [70001, 'unauthorized_client', 'tenant admin', 'app_not_in_tenant'],
  [650054, 'invalid_resource', 'tenant admin', 'app_permissions_broken'],
  [65005, 'invalid_resource', 'tenant admin', 'app_permissions_broken'],
  [50001, 'invalid_resource', 'tenant admin', 'app_permissions_broken'],
  [90008, 'invalid_resource', 'tenant admin', 'app_permissions_broken'],
  [16000, 'access_denied', 'tenant admin', 'account_not_in_tenant'],
  [16003, 'access_denied', 'tenant admin', 'account_not_in_tenant'],
  [50014, 'access_denied', 'tenant admin', 'account_not_in_tenant'],
  [50034, 'access_denied', 'tenant admin', 'account_not_in_tenant'],
  [51004, 'access_denied', 'tenant admin', 'account_not_in_tenant'],
  [90072, 'access_denied', 'tenant admin', 'account_not_in_tenant'],
  [500208, 'invalid_request', 'tenant admin', 'account_type_refused'],
  [9002331, 'invalid_request', 'tenant admin', 'account_type_refused'],
  [9002332, 'invalid_request', 'tenant admin', 'account_type_refused'],
  [9002346, 'invalid_request', 'tenant admin', 'account_type_refused'],
  [70002, 'invalid_client', 'owner', 'client_secret_invalid'],
  [7000216, 'invalid_client', 'owner', 'client_credential_refused'],
  [700024, 'invalid_client', 'owner', 'client_credential_refused'],
  [50012, 'invalid_client', 'owner', 'client_credential_refused'],
  [50013, 'invalid_client', 'owner', 'client_credential_refused'],
  [700211, 'invalid_client', 'owner', 'federation_refused'],
  [700212, 'invalid_client', 'owner', 'federation_refused'],
  [70021, 'invalid_client', 'owner', 'federation_refused'],
  [700025, 'invalid_request', 'owner', 'app_not_authorized'],
  [9002325, 'invalid_request', 'owner', 'app_not_authorized'],
  [9002326, 'invalid_request', 'owner', 'app_not_authorized'],
  [9002327, 'invalid_request', 'owner', 'app_not_authorized'],
  [500113, 'invalid_request', 'owner', 'redirect_uri_mismatch'],
  [70004, 'invalid_request', 'owner', 'redirect_uri_mismatch'],
  [90002, 'invalid_request', 'owner', 'tenant_unknown', 'sign-in'],
  [900021, 'invalid_request', 'owner', 'tenant_unknown', 'sign-in'],
  [900023, 'invalid_request', 'owner', 'tenant_unknown', 'sign-in'],
  [90038, 'invalid_request', 'owner', 'tenant_unknown', 'sign-in'],
  [50128, 'invalid_request', 'owner', 'tenant_unknown', 'sign-in'],
  [28002, 'invalid_client', 'owner', 'scope_refused'],
  [28003, 'invalid_client', 'owner', 'scope_refused'],
  [650053, 'invalid_client', 'owner', 'scope_refused'],
  [16001, 'interaction_required', 'restart', 'sign_in_restart', 'sign-in'],
  [16002, 'interaction_required', 'restart', 'sign_in_restart', 'sign-in'],
  [160021, 'interaction_required', 'restart', 'sign_in_restart', 'sign-in'],
  [50058, 'interaction_required', 'restart', 'sign_in_restart', 'sign-in'],
  [50089, 'interaction_required', 'restart', 'sign_in_restart', 'sign-in'],
  [50140, 'interaction_required', 'restart', 'sign_in_restart', 'sign-in'],
  [50143, 'interaction_required', 'restart', 'sign_in_restart', 'sign-in'],
  [50197, 'interaction_required', 'restart', 'sign_in_restart', 'sign-in'],
  [50199, 'interaction_required', 'restart', 'sign_in_restart', 'sign-in'],
  [51006, 'interaction_required', 'restart', 'sign_in_restart', 'sign-in'],
  [50088, 'server_error', 'retry', 'entra_unavailable'],
  [50166, 'server_error', 'retry', 'entra_unavailable'],
  [40010, 'server_error', 'retry', 'entra_unavailable'],
  [80001, 'server_error', 'retry', 'entra_unavailable'],
  [80002, 'server_error', 'retry', 'entra_unavailable'],
  [80005, 'server_error', 'retry', 'entra_unavailable'],
  [80007, 'server_error', 'retry', 'entra_unavailable'],
  [80014, 'server_error', 'retry', 'entra_unavailable'],
];

describe('a failure with a number', () => {
  it.each(numbers)('AADSTS%i with %s is %s: %s', (number, error, kind, code, phase) => {
    for (const each of phase === undefined ? (['sign-in', 'renew'] as const) : [phase]) {
      expect(findRule({ number, error }, each)).toMatchObject({ code, class: kind });
      expect(failureClass(code)).toBe(kind);
    }
  });

  it('covers every number of the table', () => {
    const told = new Set(numbers.map(([number]) => number));
    const missing = failureTable.flatMap((rule) => rule.numbers ?? []).filter((number) => !told.has(number));
    // 500112 is 50011 as the token endpoint says it.
    expect(missing).toEqual([500112]);
  });
});

describe('a failure of the app on its own behalf', () => {
  it.each(numbers.filter(([, , kind]) => ['declined', 'user', 'restart'].includes(kind)))(
    'AADSTS%i with %s asks no person to act',
    (number, error) => {
      const { code } = findRule({ number, error }, 'app');
      expect(['mailbox owner', 'caller']).not.toContain(errorTable[code].who);
      expect(grantStatusFor(code)).not.toBe('reconnect_required');
    },
  );
});

describe('the claims of a refusal', () => {
  const claims = '{"access_token":{"polids":{"essential":true,"values":["x"]}}}';
  const kept = (text: string) => claimsOf(failureError({ error: 'interaction_required', claims: text }, 'renew'));

  it('are kept beside the error, and in none of its words', () => {
    const error = failureError({ error: 'interaction_required', number: 50076, claims }, 'renew');
    expect(claimsOf(error)).toBe(claims);
    expect(`${error.message} ${String(error.cause)}`).not.toContain('polids');
    expect(claimsOf(new BrokerError('mfa_required'))).toBeUndefined();
  });

  it.each([
    ['not JSON', 'a b'],
    ['a list', '["x"]'],
    ['null', 'null'],
    ['too long for an address', JSON.stringify({ access_token: 'x'.repeat(2000) })],
  ])('are dropped if they are %s', (_name, text) => expect(kept(text)).toBeUndefined());
});

describe('a failure without a number that we know', () => {
  const cases: readonly [string, string | undefined, Phase, ErrorCode][] = [
    ['access_denied', undefined, 'sign-in', 'sign_in_declined'],
    ['access_denied', 'cancel', 'sign-in', 'sign_in_declined'],
    ['invalid_grant', 'bad_token', 'renew', 'reconnect_required'],
    ['invalid_grant', 'token_expired', 'renew', 'grant_expired'],
    ['invalid_grant', 'consent_required', 'renew', 'consent_missing'],
    ['invalid_grant', 'basic_action', 'renew', 'mfa_required'],
    ['invalid_grant', 'user_password_expired', 'renew', 'password_expired'],
    ['invalid_grant', 'message_only', 'renew', 'conditional_access_blocked'],
    ['invalid_grant', undefined, 'renew', 'grant_doubtful'],
    ['invalid_grant', 'something_new', 'renew', 'grant_doubtful'],
    ['invalid_grant', undefined, 'sign-in', 'sign_in_restart'],
    ['interaction_required', undefined, 'renew', 'reconnect_required'],
    ['login_required', undefined, 'renew', 'reconnect_required'],
    ['consent_required', undefined, 'sign-in', 'consent_missing'],
    ['invalid_client', undefined, 'renew', 'client_credential_refused'],
    ['unauthorized_client', undefined, 'renew', 'app_not_authorized'],
    ['temporarily_unavailable', undefined, 'renew', 'entra_unavailable'],
    ['server_error', undefined, 'sign-in', 'entra_unavailable'],
    ['no_tokens_found', undefined, 'renew', 'reconnect_required'],
    ['refresh_token_expired', undefined, 'renew', 'grant_expired'],
    ['nonce_mismatch', undefined, 'sign-in', 'sign_in_restart'],
    ['state_mismatch', undefined, 'sign-in', 'sign_in_restart'],
    ['something_new', undefined, 'renew', 'entra_refused'],
  ];
  it.each(cases)('%s / %s in %s is %s', (error, suberror, phase, code) => {
    expect(failureError({ error, ...(suberror === undefined ? {} : { suberror }) }, phase).code).toBe(code);
  });

  it('is known by its suberror when the number is new', () => {
    expect(failureError({ error: 'invalid_grant', suberror: 'bad_token', number: 999999 }, 'renew').code).toBe(
      'reconnect_required',
    );
  });
});

test('a code belongs to one class, and its class to the person who is named in the table of codes', () => {
  const who: Partial<Record<FailureClass, readonly string[]>> = {
    user: ['mailbox owner'],
    'tenant admin': ['tenant admin'],
    owner: ['deployment owner'],
    restart: ['mailbox owner'],
    declined: ['mailbox owner'],
    retry: ['nobody', 'deployment owner'],
    throttled: ['nobody'],
  };
  const classes = new Map<ErrorCode, FailureClass>();
  for (const rule of failureTable) {
    expect(classes.get(rule.code) ?? rule.class, rule.code).toBe(rule.class);
    classes.set(rule.code, rule.class);
    expect(who[rule.class] ?? [errorTable[rule.code].who], rule.code).toContain(errorTable[rule.code].who);
  }
});

test('changes the status of a grant only for failures of the person and of the tenant', () => {
  expect(grantStatusFor('grant_revoked')).toBe('reconnect_required');
  expect(grantStatusFor('grant_missing')).toBe('reconnect_required');
  expect(grantStatusFor('conditional_access_blocked')).toBe('consent_required');
  for (const code of ['client_secret_expired', 'entra_throttled', 'entra_unavailable', 'grant_doubtful'] as const) {
    expect(grantStatusFor(code), code).toBeUndefined();
  }
  expect(grantStatusFor('not_found')).toBeUndefined();
});

test('what Microsoft describes stays out of the error and of its cause', () => {
  const thrown = new ServerError('invalid_grant', 'id', 'AADSTS50173: ada@contoso.example was here', '', '50173');
  const error = msalError(thrown, 'renew');
  expect(error.code).toBe('grant_revoked');
  expect(`${error.message} ${error.cause}`).not.toContain('ada@');
  expect(String(error.cause)).toContain('AADSTS50173 invalid_grant');
});

test('an error that is not MSAL’s is ours, and a BrokerError stays what it is', () => {
  expect(msalError(new TypeError('x'), 'renew').code).toBe('internal_error');
  const ours = new BrokerError('vault_unreachable');
  expect(msalError(ours, 'renew')).toBe(ours);
});

describe('an error in the callback', () => {
  it('is known by the number in its description', () => {
    expect(
      authorizeFailure({ error: 'access_denied', errorDescription: 'AADSTS90094: An administrator must consent.' })
        .code,
    ).toBe('admin_consent_required');
    expect(authorizeFailure({ error: 'access_denied', errorDescription: 'The user said no' }).code).toBe(
      'sign_in_declined',
    );
  });

  // In each of these Entra says access_denied too, and the person at the browser declined nothing.
  it.each<[string, ErrorCode]>([
    ['AADSTS53003: Access has been blocked by Conditional Access policies.', 'conditional_access_blocked'],
    ['AADSTS53000: Device is not in required device state: {state}.', 'device_not_managed'],
    ['AADSTS53001: Device is not in required device state: domain_joined.', 'device_not_managed'],
    ['AADSTS50105: The signed in user is not assigned to a role for the application.', 'user_not_assigned'],
    ['AADSTS90095: Admin consent is required.', 'admin_consent_required'],
    ['AADSTS99912345: A number of next year.', 'sign_in_blocked'],
    ['AADSTS65004: User declined to consent to access the app.', 'sign_in_declined'],
  ])('access_denied with "%s" is %s, and the number is kept for the log', (errorDescription, code) => {
    const error = authorizeFailure({ error: 'access_denied', errorDescription });
    expect(error.code).toBe(code);
    const number = Number(/\d+/.exec(errorDescription)?.[0]);
    expect(answerOf(error)).toEqual({ text: `AADSTS${number} access_denied`, number });
  });

  it('is declined where Microsoft says that the person pressed Cancel', () => {
    expect(authorizeFailure({ error: 'access_denied', errorSubcode: 'cancel' }).code).toBe('sign_in_declined');
  });

  it('puts nothing into the log that a stranger wrote into the query', () => {
    const error = authorizeFailure({ error: '<script>alert(1)</script> ada@contoso.example' });
    expect(error.code).toBe('entra_refused');
    expect(String(error.cause)).not.toMatch(/script|ada@/);
  });
});

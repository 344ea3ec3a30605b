import { errorTable } from '../error-codes.ts';
import type { ErrorCode, Who } from '../errors.ts';
import type { Notice, PageTexts } from './texts.ts';

export type NoticeName = {
  [Name in keyof PageTexts]: PageTexts[Name] extends Notice ? Name : never;
}[keyof PageTexts];

/** Failures with a page of their own; every other goes by who can act. */
const ownPage: Partial<Record<ErrorCode, NoticeName>> = {
  sign_in_declined: 'declined',
  wrong_account: 'wrongAccount',
  mailbox_mismatch: 'wrongAccount',
  mailbox_taken: 'taken',
  account_recreated: 'recreated',
  address_unknown: 'noAddress',
  sign_in_blocked: 'blocked',
  conditional_access_blocked: 'blocked',
  device_not_managed: 'blocked',
  device_sign_in_required: 'blocked',
  app_not_approved: 'blocked',
  sign_in_risky: 'blocked',
  mfa_setup_blocked: 'blocked',
  tenant_restricted: 'blocked',
  link_invalid: 'linkInvalid',
  link_expired: 'linkExpired',
  link_spent: 'linkSpent',
  sign_in_restart: 'startAgain',
  code_already_used: 'startAgain',
  sign_in_foreign: 'openAgain',
  // A form that our own page did not make.
  invalid_request: 'linkInvalid',
  body_too_large: 'linkInvalid',
};

/** The same failures of a link for an administrator. */
const ownConsentPage: Partial<Record<ErrorCode, NoticeName>> = {
  sign_in_declined: 'consentDeclined',
  consent_missing: 'consentDeclined',
  link_spent: 'consentSpent',
  sign_in_restart: 'consentAgain',
};

const pageByWho: Readonly<Record<Who, NoticeName>> = {
  caller: 'ourFault',
  'mailbox owner': 'notConnected',
  'tenant admin': 'needsAdmin',
  'deployment owner': 'ourFault',
  nobody: 'ourFault',
};

// These say all there is to say; the others carry what an administrator needs.
export const withoutDetails: ReadonlySet<NoticeName> = new Set([
  'declined',
  'consentDeclined',
  'consentSpent',
  'linkExpired',
  'linkSpent',
  'linkInvalid',
]);

/** The page for a failure. @param isConsent true behind a link for an administrator */
export const noticeFor = (code: ErrorCode, isConsent: boolean): NoticeName =>
  (isConsent ? ownConsentPage[code] : undefined) ?? ownPage[code] ?? byWho(errorTable[code].who, isConsent);

/** Who reads the page of a link for an administrator is one, and has connected nothing. */
function byWho(who: Who, isConsent: boolean): NoticeName {
  const name = pageByWho[who];
  return isConsent && (name === 'needsAdmin' || name === 'notConnected') ? 'consentFailed' : name;
}

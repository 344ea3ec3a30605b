import type { ErrorEntry } from './entry.ts';

/** What a sign-in or a grant at Microsoft lacks, and who can give it. */
export const signInErrors = {
  // Signing in at Microsoft: what the person or the flow did
  sign_in_declined: {
    status: 403,
    sentence: 'The requested permissions were declined.',
    remedy: 'Open the link again and accept them. Nothing was changed.',
    who: 'mailbox owner',
  },
  sign_in_restart: {
    status: 400,
    sentence: 'This sign-in can no longer be completed.',
    remedy: 'Open the link again and sign in once more.',
    who: 'mailbox owner',
  },
  code_already_used: {
    status: 409,
    sentence: 'This sign-in has already been completed.',
    remedy: 'Close this window. If the mailbox is not connected, open the link again.',
    who: 'mailbox owner',
  },
  admin_role_missing: {
    status: 403,
    sentence: 'The account does not have the role Broker.Admin in this application.',
    remedy:
      'Have an administrator assign it: Entra, Enterprise applications, the broker, Users and groups. Then sign in again.',
    who: 'tenant admin',
  },
  admin_tenant_refused: {
    status: 403,
    sentence: 'The account belongs to another organisation than the one that looks after this broker.',
    remedy:
      'Sign in with an account of that organisation. The setting ADMIN_TENANT names it; the role Broker.Admin of another organisation does not count.',
    who: 'caller',
  },
  admin_guest_refused: {
    status: 403,
    sentence: 'The account is a guest in the organisation that looks after this broker.',
    remedy:
      'Sign in with an account that belongs to the organisation. Guests are refused, whatever their role: another organisation decides who they are.',
    who: 'caller',
  },
  guest_refused: {
    status: 403,
    sentence: 'The account is a guest in this organisation, and guests have no mailbox here.',
    remedy: 'Sign in with an account that belongs to the organisation.',
    who: 'mailbox owner',
  },
  tenant_not_allowed: {
    status: 403,
    sentence: 'The account belongs to an organisation that this broker does not serve.',
    remedy:
      'Sign in with another account, or ask the owner of the deployment to add the organisation to ALLOWED_TENANTS.',
    who: 'mailbox owner',
  },
  address_unknown: {
    status: 422,
    sentence: "This account's name is not a mail address, and the directory has no address for it.",
    remedy:
      "Ask the person who sent the link for one that names the mailbox's address, or have an administrator give the account a mail address.",
    who: 'mailbox owner',
  },
  account_recreated: {
    status: 409,
    sentence:
      'The mailbox was connected with a different account that had the same address: the account was recreated since, or its address was reassigned to someone else.',
    remedy:
      'If the new account should have it, remove the mailbox from the broker (DELETE mailboxes/{id}) and send its owner a new link. Mail since syncFrom is then delivered again, as for a new mailbox.',
    who: 'deployment owner',
  },
  scope_missing_imap: {
    status: 403,
    sentence: 'Microsoft did not grant the permission to read mail over IMAP.',
    remedy:
      'Open the link again and accept every permission. If the problem persists, an administrator of the organisation must grant them.',
    who: 'mailbox owner',
  },

  // Grants: the person signs in again
  grant_missing: {
    status: 409,
    sentence: 'No sign-in is stored for this mailbox.',
    remedy: 'Send its owner a link to reconnect it.',
    who: 'mailbox owner',
  },
  grant_full: {
    status: 409,
    sentence: 'This sign-in already covers 1,000 mailboxes, which is the maximum.',
    remedy:
      "Remove mailboxes that are no longer needed, or read further ones through another person's sign-in. To open more mailboxes with app permissions, use a second deployment.",
    who: 'deployment owner',
  },
  reconnect_required: {
    status: 409,
    sentence: 'Microsoft no longer accepts the stored sign-in of this mailbox.',
    remedy: 'The owner of the mailbox opens a link to reconnect it.',
    who: 'mailbox owner',
  },
  grant_revoked: {
    status: 409,
    sentence: 'The stored sign-in was revoked by a password reset or by an administrator.',
    remedy: 'The owner of the mailbox opens a link to reconnect it.',
    who: 'mailbox owner',
  },
  grant_expired: {
    status: 409,
    sentence: 'The stored sign-in expired because it was not used for a long time.',
    remedy: 'The owner of the mailbox opens a link to reconnect it.',
    who: 'mailbox owner',
  },
  sign_in_too_old: {
    status: 409,
    sentence: 'The organisation requires people to sign in again at regular intervals, and a new sign-in is due.',
    remedy:
      'The owner of the mailbox opens a link to reconnect it; an administrator can exempt the app from the sign-in frequency.',
    who: 'mailbox owner',
  },
  mfa_required: {
    status: 409,
    sentence: 'The organisation requires multifactor authentication.',
    remedy: 'The owner of the mailbox opens a link to reconnect it and completes the second step.',
    who: 'mailbox owner',
  },
  password_expired: {
    status: 409,
    sentence: "The account's password has expired or must be changed.",
    remedy: 'The owner of the mailbox sets a new password, then opens a link to reconnect it.',
    who: 'mailbox owner',
  },
  device_sign_in_required: {
    status: 409,
    sentence: 'The organisation requires a sign-in from a device that it knows.',
    remedy: "The owner of the mailbox opens the link to reconnect it on one of the organisation's devices.",
    who: 'mailbox owner',
  },
  consent_missing: {
    status: 409,
    sentence: 'The owner of the mailbox has not consented to the permissions, or has withdrawn consent.',
    remedy: 'The owner of the mailbox opens a link to reconnect it and accepts the permissions.',
    who: 'mailbox owner',
  },
  grant_scope_missing: {
    status: 409,
    sentence: 'The stored sign-in does not cover the requested permissions.',
    remedy: 'The owner of the mailbox opens a link to reconnect it and accepts every permission.',
    who: 'mailbox owner',
  },
  account_locked: {
    status: 409,
    sentence: 'Microsoft has temporarily locked the account after too many failed sign-ins.',
    remedy:
      'The broker retries in an hour. If the account stays locked, an administrator of the organisation must unlock it.',
    who: 'nobody',
  },
  grant_doubtful: {
    status: 503,
    sentence: 'Microsoft rejects the stored sign-in for a reason that the broker does not know.',
    remedy:
      'The broker retries once in a minute. If that fails too, the owner of the mailbox is asked to reconnect it.',
    who: 'nobody',
  },

  // Grants: an administrator of the organisation acts first
  admin_consent_required: {
    status: 409,
    sentence: 'In this organisation, only an administrator can consent to these permissions.',
    remedy: "An administrator of the organisation opens the broker's consent link and accepts.",
    who: 'tenant admin',
  },
  user_not_assigned: {
    status: 409,
    sentence: 'The account is not assigned to the application.',
    remedy:
      'An administrator assigns the person to the enterprise application in Entra, or turns off the assignment requirement.',
    who: 'tenant admin',
  },
  account_disabled: {
    status: 409,
    sentence: 'The account is disabled.',
    remedy: 'An administrator of the organisation enables the account.',
    who: 'tenant admin',
  },
  conditional_access_blocked: {
    status: 409,
    sentence: 'A Conditional Access policy of the organisation blocks this app.',
    remedy: 'An administrator excludes the app from the policy; the sign-in log in Entra names the policy.',
    who: 'tenant admin',
  },
  device_not_managed: {
    status: 409,
    sentence: 'The organisation only allows sign-ins to this app from managed devices.',
    remedy:
      'The owner of the mailbox opens a link to connect it on a managed device, or an administrator excludes the app from the policy; the sign-in log in Entra names the policy.',
    who: 'tenant admin',
  },
  app_not_approved: {
    status: 409,
    sentence: 'The organisation only lets approved or protected apps read mail, and this app is not one of them.',
    remedy:
      'An administrator excludes the app from the Conditional Access policy that requires an approved or protected app.',
    who: 'tenant admin',
  },
  sign_in_risky: {
    status: 409,
    sentence: 'Microsoft considers the account or this sign-in to be at risk, and blocks it.',
    remedy:
      "An administrator of the account's organisation reviews its risk in Entra (Protection, Risky users). Then open the link again.",
    who: 'tenant admin',
  },
  mfa_setup_blocked: {
    status: 409,
    sentence: 'The account must set up multifactor authentication first, and may not do so from here.',
    remedy:
      'The owner of the mailbox sets it up at https://aka.ms/mysecurityinfo on a device and in a place that the organisation allows, or an administrator issues a temporary access pass. Then open the link again.',
    who: 'tenant admin',
  },
  tenant_restricted: {
    status: 409,
    sentence: "The network, or an organisation's access policy, does not let this account sign in to this tenant.",
    remedy:
      'Open the link from another network, or have an administrator allow the tenant in the tenant restrictions or in the cross-tenant access settings.',
    who: 'tenant admin',
  },
  sign_in_blocked: {
    status: 409,
    sentence: 'Microsoft did not let this account sign in; only the AADSTS number tells why.',
    remedy:
      'An administrator looks up the number at https://login.microsoftonline.com/error and the sign-in in the sign-in log in Entra. The app log contains the number.',
    who: 'tenant admin',
  },
  app_not_in_tenant: {
    status: 409,
    sentence: 'The organisation does not know the application.',
    remedy: "An administrator of the organisation opens the broker's consent link and accepts.",
    who: 'tenant admin',
  },
  app_disabled: {
    status: 409,
    sentence: 'The application is disabled in the organisation.',
    remedy: 'An administrator enables it under Enterprise applications in Entra.',
    who: 'tenant admin',
  },
  app_permissions_broken: {
    status: 409,
    sentence: "The app registration's permissions do not match what the organisation granted.",
    remedy:
      'An administrator checks the API permissions of the app registration (IMAP.AccessAsUser.All, SMTP.Send and User.Read of Microsoft Graph) and consents again.',
    who: 'tenant admin',
  },
  account_not_in_tenant: {
    status: 409,
    sentence: 'The account does not belong to the organisation that the broker is set up for.',
    remedy:
      'Sign in with an account of that organisation, or have an administrator open the app registration to accounts of other organisations.',
    who: 'tenant admin',
  },
  account_type_refused: {
    status: 409,
    sentence: 'The app registration does not accept this type of account (personal or organisational).',
    remedy:
      'Sign in with an account of the other type, or have an administrator set the supported account types of the app registration, and TENANT to match.',
    who: 'tenant admin',
  },
  app_single_tenant: {
    status: 409,
    sentence: 'The app registration accepts only accounts of its own organisation, but TENANT names several.',
    remedy:
      'An administrator sets the supported account types of the app registration, or TENANT is set to the id of the organisation.',
    who: 'tenant admin',
  },
} as const satisfies Record<string, ErrorEntry>;

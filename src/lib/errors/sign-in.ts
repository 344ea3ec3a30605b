import type { ErrorEntry } from './entry.ts';

/** What a sign-in or a grant at Microsoft lacks, and who can give it. */
export const signInErrors = {
  // Signing in at Microsoft: what the person or the flow did
  sign_in_declined: {
    status: 403,
    sentence: 'The permissions that were asked for were declined.',
    remedy: 'Open the link again and accept them; nothing has changed.',
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
    sentence: 'This sign-in has been finished already.',
    remedy: 'Close this window; if the mailbox is not connected, open the link again.',
    who: 'mailbox owner',
  },
  admin_role_missing: {
    status: 403,
    sentence: 'The account does not have the role Broker.Admin of this application.',
    remedy:
      'Have an administrator assign it: Entra, Enterprise applications, the broker, Users and groups. Then sign in again.',
    who: 'tenant admin',
  },
  guest_refused: {
    status: 403,
    sentence: 'The account is a guest in this organisation, and a guest has no mailbox here.',
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
    sentence: 'The name of this account is no mail address, and the directory has none for it.',
    remedy:
      'Ask the person who sent the link for one that names the address of the mailbox, or have an administrator give the account a mail address.',
    who: 'mailbox owner',
  },
  account_recreated: {
    status: 409,
    sentence:
      'The mailbox was connected by another account with the same address: the account was made anew since, or its address was given to somebody else.',
    remedy:
      'If the new account should have it: remove the mailbox from the broker (DELETE mailboxes/{id}), and send its owner a new link. Mail since syncFrom is then delivered again, as that of a new mailbox.',
    who: 'deployment owner',
  },
  scope_missing_imap: {
    status: 403,
    sentence: 'Microsoft did not grant the permission to read mail over IMAP.',
    remedy:
      'Open the link again and accept every permission; if it stays so, an administrator of the organisation grants them.',
    who: 'mailbox owner',
  },

  // Grants: the person signs in again
  grant_missing: {
    status: 409,
    sentence: 'There is no sign-in stored for this mailbox.',
    remedy: 'Send its owner a link to connect it again.',
    who: 'mailbox owner',
  },
  grant_full: {
    status: 409,
    sentence: 'This sign-in carries 1,000 mailboxes already, and cannot carry another one.',
    remedy:
      'Remove mailboxes that nobody needs, or read further ones through the sign-in of another person. What the app opens by itself beyond that needs a second deployment.',
    who: 'deployment owner',
  },
  reconnect_required: {
    status: 409,
    sentence: 'Microsoft no longer accepts the stored sign-in of this mailbox.',
    remedy: 'Its owner opens a link to connect it again.',
    who: 'mailbox owner',
  },
  grant_revoked: {
    status: 409,
    sentence: 'The stored sign-in was revoked, by a reset of the password or by an administrator.',
    remedy: 'The owner of the mailbox opens a link to connect it again.',
    who: 'mailbox owner',
  },
  grant_expired: {
    status: 409,
    sentence: 'The stored sign-in was not used for so long that it has expired.',
    remedy: 'The owner of the mailbox opens a link to connect it again.',
    who: 'mailbox owner',
  },
  sign_in_too_old: {
    status: 409,
    sentence: 'The organisation asks people to sign in again from time to time, and that time has come.',
    remedy:
      'The owner of the mailbox opens a link to connect it again; an administrator can exempt the app from the sign-in frequency.',
    who: 'mailbox owner',
  },
  mfa_required: {
    status: 409,
    sentence: 'The organisation asks for a second proof of identity.',
    remedy: 'The owner of the mailbox opens a link to connect it again and completes the second step.',
    who: 'mailbox owner',
  },
  password_expired: {
    status: 409,
    sentence: 'The password of the account has expired, or it has to be changed.',
    remedy: 'The owner of the mailbox sets a new password, then opens a link to connect it again.',
    who: 'mailbox owner',
  },
  device_sign_in_required: {
    status: 409,
    sentence: 'The organisation asks for a sign-in from a device that it knows.',
    remedy: 'The owner of the mailbox opens the link to connect it again on a device of the organisation.',
    who: 'mailbox owner',
  },
  consent_missing: {
    status: 409,
    sentence: 'The owner of the mailbox has not consented to the permissions, or has withdrawn the consent.',
    remedy: 'The owner of the mailbox opens a link to connect it again and accepts the permissions.',
    who: 'mailbox owner',
  },
  grant_scope_missing: {
    status: 409,
    sentence: 'The stored sign-in does not cover what was asked for.',
    remedy: 'The owner of the mailbox opens a link to connect it again and accepts every permission.',
    who: 'mailbox owner',
  },
  account_locked: {
    status: 409,
    sentence: 'Microsoft has locked the account for a while after too many wrong sign-ins.',
    remedy: 'The broker tries again in an hour; if it stays locked, an administrator of the organisation unlocks it.',
    who: 'nobody',
  },
  grant_doubtful: {
    status: 503,
    sentence: 'Microsoft refuses the stored sign-in without a reason that the broker knows.',
    remedy:
      'The broker tries once more in a minute; if that fails too, the owner of the mailbox is asked to connect it again.',
    who: 'nobody',
  },

  // Grants: an administrator of the organisation acts first
  admin_consent_required: {
    status: 409,
    sentence: 'The organisation lets only an administrator consent to these permissions.',
    remedy: 'An administrator of the organisation opens the consent link of the broker and accepts.',
    who: 'tenant admin',
  },
  user_not_assigned: {
    status: 409,
    sentence: 'The account is not assigned to the application.',
    remedy:
      'An administrator assigns the person to the enterprise application in Entra, or switches off that assignment is required.',
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
    remedy: 'An administrator adds an exception for the app to the policy; the sign-in log in Entra names it.',
    who: 'tenant admin',
  },
  device_not_managed: {
    status: 409,
    sentence: 'The organisation lets only devices that it manages sign in to this app.',
    remedy:
      'The owner of the mailbox opens a link to connect it on a managed device, or an administrator exempts the app from the policy; the sign-in log in Entra names it.',
    who: 'tenant admin',
  },
  app_not_approved: {
    status: 409,
    sentence: 'The organisation lets only approved or protected apps read mail, and this app is not one of them.',
    remedy:
      'An administrator exempts the app from the Conditional Access policy that requires an approved or protected app.',
    who: 'tenant admin',
  },
  sign_in_risky: {
    status: 409,
    sentence: 'Microsoft considers the account or this sign-in to be at risk, and blocks it.',
    remedy:
      'An administrator of the organisation that the account belongs to reviews its risk in Entra (Protection, Risky users). Then open the link again.',
    who: 'tenant admin',
  },
  mfa_setup_blocked: {
    status: 409,
    sentence: 'The account has to set up a second proof of identity first, and may not do so from here.',
    remedy:
      'The owner of the mailbox sets it up at https://aka.ms/mysecurityinfo on a device and in a place that the organisation allows, or an administrator gives out a temporary access pass. Then open the link again.',
    who: 'tenant admin',
  },
  tenant_restricted: {
    status: 409,
    sentence: 'The network, or the access policy of an organisation, does not let this account sign in to this tenant.',
    remedy:
      'Open the link from another network, or an administrator allows the tenant in the tenant restrictions or in the cross-tenant access settings.',
    who: 'tenant admin',
  },
  sign_in_blocked: {
    status: 409,
    sentence: 'Microsoft did not let this account sign in, for a reason that only its AADSTS number tells.',
    remedy:
      'An administrator looks the number up at https://login.microsoftonline.com/error and the sign-in in the sign-in log in Entra. The log of the app holds the number.',
    who: 'tenant admin',
  },
  app_not_in_tenant: {
    status: 409,
    sentence: 'The application is not known in the organisation.',
    remedy: 'An administrator of the organisation opens the consent link of the broker and accepts.',
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
    sentence: 'The permissions of the app registration do not fit the organisation.',
    remedy:
      'An administrator checks the API permissions of the app registration (IMAP.AccessAsUser.All, SMTP.Send and User.Read of Microsoft Graph) and consents again.',
    who: 'tenant admin',
  },
  account_not_in_tenant: {
    status: 409,
    sentence: 'The account does not belong to the organisation that the broker is set up for.',
    remedy:
      'Sign in with an account of that organisation, or an administrator lets the app registration take accounts of other organisations.',
    who: 'tenant admin',
  },
  account_type_refused: {
    status: 409,
    sentence: 'The app registration does not take this kind of account: personal, or of an organisation.',
    remedy:
      'Sign in with an account of the other kind, or an administrator sets the supported account types of the app registration, and TENANT to match.',
    who: 'tenant admin',
  },
  app_single_tenant: {
    status: 409,
    sentence: 'The app registration takes accounts of its own organisation only, but TENANT names several.',
    remedy:
      'An administrator sets the supported account types of the app registration, or TENANT is set to the id of the organisation.',
    who: 'tenant admin',
  },
} as const satisfies Record<string, ErrorEntry>;

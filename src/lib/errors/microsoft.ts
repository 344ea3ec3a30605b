import type { ErrorEntry } from './entry.ts';

/** What is wrong with the app's own credential, or with Microsoft just now. */
export const microsoftErrors = {
  // The app's own credential and registration
  client_secret_invalid: {
    status: 503,
    sentence: 'Microsoft refuses the client secret of the app.',
    remedy: 'Store the value of a valid client secret (not its id) in Key Vault; the broker takes it up by itself.',
    who: 'deployment owner',
  },
  client_secret_is_id: {
    status: 503,
    sentence: 'Key Vault holds the id of the client secret (a GUID) in place of its value.',
    remedy:
      'Create a new client secret in the app registration and store its value in Key Vault, which Entra shows only once; the broker takes it up by itself.',
    who: 'deployment owner',
  },
  client_secret_expired: {
    status: 503,
    sentence: 'The client secret of the app has expired.',
    remedy:
      'Create a new client secret in the app registration and store it in Key Vault; the broker takes it up by itself.',
    who: 'deployment owner',
  },
  // Not an answer to anybody, but told ahead in the event secret.expiring.
  client_secret_expiring: {
    status: 503,
    sentence: 'The client secret of the app expires soon. After that no mailbox can be read or sent from.',
    remedy:
      'Create a new client secret in the app registration and store it in Key Vault, with its expiry date; the broker takes it up by itself. Then remove the old one.',
    who: 'deployment owner',
  },
  client_credential_refused: {
    status: 503,
    sentence: 'Microsoft refuses the credential of the app.',
    remedy: 'Check CREDENTIAL_MODE, CLIENT_ID and the credentials of the app registration.',
    who: 'deployment owner',
  },
  federation_refused: {
    status: 503,
    sentence: 'Microsoft does not take the managed identity as a credential of the app.',
    remedy:
      'Check the federated credential of the app registration: issuer, subject (the principal id of the identity) and audience, letter by letter.',
    who: 'deployment owner',
  },
  identity_unavailable: {
    status: 503,
    sentence: 'The identity endpoint of Azure gives the app no token just now.',
    remedy:
      'Nothing is lost; try again in a minute. If it lasts, restart the app, and check that its managed identity is assigned.',
    who: 'deployment owner',
  },
  identity_unknown: {
    status: 503,
    sentence: 'The app has no managed identity with the client id in AZURE_CLIENT_ID.',
    remedy:
      'Set AZURE_CLIENT_ID to the client id (not the principal id) of the user-assigned identity, and assign that identity to the app.',
    who: 'deployment owner',
  },
  azure_login_missing: {
    status: 503,
    sentence: 'Nobody is signed in to Azure on this machine.',
    remedy: 'Run az login as somebody who may read the secrets of the vault, and try again.',
    who: 'deployment owner',
  },
  app_not_authorized: {
    status: 503,
    sentence: 'The app registration may not use this kind of sign-in.',
    remedy: 'Check the supported account types and the platform (Web) of the app registration, and CLIENT_ID.',
    who: 'deployment owner',
  },
  tenant_unknown: {
    status: 503,
    sentence: 'Microsoft knows no organisation of the id in TENANT.',
    remedy: 'Set TENANT to the id of the organisation, and AUTHORITY_HOST only if it is in a national cloud.',
    who: 'deployment owner',
  },
  redirect_uri_mismatch: {
    status: 503,
    sentence: 'The callback address of the broker is not registered.',
    remedy:
      'Add PUBLIC_URL followed by /api/oauth/callback to the redirect URIs (Web) of the app registration, letter by letter.',
    who: 'deployment owner',
  },
  scope_refused: {
    status: 503,
    sentence: 'Microsoft does not know the permissions that the broker asks for.',
    remedy: 'Check OUTLOOK_RESOURCE and GRAPH_RESOURCE.',
    who: 'deployment owner',
  },

  // Microsoft cannot answer just now
  entra_unavailable: {
    status: 503,
    sentence: 'The sign-in service of Microsoft does not answer as it should.',
    remedy: 'Nothing is lost; the broker tries again by itself.',
    who: 'nobody',
  },
  entra_throttled: {
    status: 503,
    sentence: 'The sign-in service of Microsoft asks to slow down.',
    remedy: 'Nothing is lost; the broker waits as long as it was told and tries again.',
    who: 'nobody',
  },
  entra_loop: {
    status: 503,
    sentence: 'Microsoft saw too many equal sign-in requests for this mailbox and stopped answering them.',
    remedy: 'The broker waits for an hour. If it comes again, report it as a fault of the broker.',
    who: 'deployment owner',
  },
  graph_unavailable: {
    status: 503,
    sentence: 'Microsoft Graph does not answer, so the addresses of the account cannot be compared.',
    remedy: 'Nothing is lost; open the link again in a few minutes.',
    who: 'nobody',
  },
  entra_refused: {
    status: 503,
    sentence: 'The sign-in service of Microsoft refuses for a reason that the broker does not know.',
    remedy: 'The log of the app holds the AADSTS number; look it up at login.microsoftonline.com/error.',
    who: 'deployment owner',
  },
} as const satisfies Record<string, ErrorEntry>;

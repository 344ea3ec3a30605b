import type { ErrorEntry } from './entry.ts';

/** What is wrong with the app's own credential, or with Microsoft just now. */
export const microsoftErrors = {
  // The app's own credential and registration
  client_secret_invalid: {
    status: 503,
    sentence: "Microsoft rejects the app's client secret.",
    remedy: 'Store the value of a valid client secret (not its id) in Key Vault; the broker picks it up automatically.',
    who: 'deployment owner',
  },
  client_secret_is_id: {
    status: 503,
    sentence: 'Key Vault holds the id of the client secret (a GUID) instead of its value.',
    remedy:
      'Create a new client secret in the app registration and store its value, which Entra shows only once, in Key Vault; the broker picks it up automatically.',
    who: 'deployment owner',
  },
  client_secret_expired: {
    status: 503,
    sentence: "The app's client secret has expired.",
    remedy:
      'Create a new client secret in the app registration and store it in Key Vault; the broker picks it up automatically.',
    who: 'deployment owner',
  },
  // Not an answer to anyone, but told ahead in the event secret.expiring.
  client_secret_expiring: {
    status: 503,
    sentence: "The app's client secret expires soon. After that, the broker can neither read mailboxes nor send mail.",
    remedy:
      'Create a new client secret in the app registration and store it in Key Vault with its expiry date; the broker picks it up automatically. Then remove the old one.',
    who: 'deployment owner',
  },
  client_credential_refused: {
    status: 503,
    sentence: "Microsoft rejects the app's credential.",
    remedy: 'Check CREDENTIAL_MODE, CLIENT_ID and the credentials of the app registration.',
    who: 'deployment owner',
  },
  federation_refused: {
    status: 503,
    sentence: 'Microsoft does not accept the managed identity as a credential of the app.',
    remedy:
      'Check the federated credential of the app registration: issuer, subject (the principal id of the identity) and audience must match exactly.',
    who: 'deployment owner',
  },
  identity_unavailable: {
    status: 503,
    sentence: 'The Azure identity endpoint is not issuing tokens to the app at the moment.',
    remedy:
      'Nothing is lost; retry in a minute. If the problem persists, restart the app, and check that its managed identity is assigned.',
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
    sentence: 'No one is signed in to Azure on this machine.',
    remedy: "Run az login as a user who may read the vault's secrets, then retry.",
    who: 'deployment owner',
  },
  app_not_authorized: {
    status: 503,
    sentence: 'The app registration does not allow this kind of sign-in.',
    remedy: 'Check the supported account types and the platform (Web) of the app registration, and CLIENT_ID.',
    who: 'deployment owner',
  },
  tenant_unknown: {
    status: 503,
    sentence: 'Microsoft knows no organisation with the id in TENANT.',
    remedy:
      'Set TENANT to the id of the organisation, and set AUTHORITY_HOST only if the organisation is in a national cloud.',
    who: 'deployment owner',
  },
  redirect_uri_mismatch: {
    status: 503,
    sentence: "The broker's callback address is not registered.",
    remedy:
      'Add PUBLIC_URL followed by /api/oauth/callback to the redirect URIs (Web) of the app registration; it must match exactly.',
    who: 'deployment owner',
  },
  scope_refused: {
    status: 503,
    sentence: 'Microsoft does not know the permissions that the broker requests.',
    remedy: 'Check OUTLOOK_RESOURCE and GRAPH_RESOURCE.',
    who: 'deployment owner',
  },

  // Microsoft cannot answer just now
  entra_unavailable: {
    status: 503,
    sentence: 'The Microsoft sign-in service is not responding correctly.',
    remedy: 'Nothing is lost; the broker retries automatically.',
    who: 'nobody',
  },
  entra_throttled: {
    status: 503,
    sentence: 'The Microsoft sign-in service is throttling requests.',
    remedy: 'Nothing is lost; the broker waits as long as the service asks and retries.',
    who: 'nobody',
  },
  entra_loop: {
    status: 503,
    sentence: 'Microsoft saw too many identical sign-in requests for this mailbox and stopped answering them.',
    remedy: 'The broker waits for an hour. If it happens again, report it as a bug in the broker.',
    who: 'deployment owner',
  },
  graph_unavailable: {
    status: 503,
    sentence: "Microsoft Graph is not responding, so the account's addresses cannot be checked.",
    remedy: 'Nothing is lost; open the link again in a few minutes.',
    who: 'nobody',
  },
  entra_refused: {
    status: 503,
    sentence: 'The Microsoft sign-in service rejects the request for a reason that the broker does not know.',
    remedy: 'The app log contains the AADSTS number; look it up at login.microsoftonline.com/error.',
    who: 'deployment owner',
  },
} as const satisfies Record<string, ErrorEntry>;

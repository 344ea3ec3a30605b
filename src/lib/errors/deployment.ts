import type { ErrorEntry } from './entry.ts';

/** What is wrong with the settings, the tables or the Key Vault this deployment stands on. */
export const deploymentErrors = {
  // Settings and the parts we stand on
  settings_broken: {
    status: 503,
    sentence: "The broker's settings are incomplete or invalid.",
    remedy: 'The app log names every setting that is missing or invalid.',
    who: 'deployment owner',
  },
  dashboard_off: {
    status: 404,
    sentence: 'The dashboard is off because no setting says whose administrators may open it.',
    remedy: 'Set ADMIN_TENANT to the id of the tenant whose users with the role Broker.Admin may sign in.',
    who: 'deployment owner',
  },
  storage_unreachable: {
    status: 503,
    sentence: 'Table Storage is not responding.',
    remedy:
      "Nothing is lost; retry in a minute. If the problem persists, check the storage account and the identity's role on it.",
    who: 'deployment owner',
  },
  vault_unreachable: {
    status: 503,
    sentence: 'Key Vault is not responding.',
    remedy:
      "Nothing is lost; retry in a minute. If the problem persists, check the vault and the identity's role on it.",
    who: 'deployment owner',
  },
  internal_error: {
    status: 500,
    sentence: 'An internal error occurred in the broker.',
    remedy:
      'Retry. If the problem persists, give the requestId to the owner of the deployment, who can find it in the app log.',
    who: 'deployment owner',
  },

  // Stored rows and mailboxes
  row_broken: {
    status: 500,
    sentence: 'A stored row does not have the format that the broker writes.',
    remedy:
      'Something other than the broker changed the tables; the app log names the row. Disconnect and reconnect the mailbox.',
    who: 'deployment owner',
  },
  filter_broken: {
    status: 500,
    sentence: 'The stored filter of this mailbox cannot be read, so the broker cannot tell which messages to deliver.',
    remedy:
      "Nothing is lost: the mail waits in the mailbox. Set the mailbox's filter again, or clear it with null; the app log names the row.",
    who: 'deployment owner',
  },
  row_refused: {
    status: 500,
    sentence: 'Table Storage rejects a row of this mailbox.',
    remedy:
      'The app log names the cause; report it as a bug in the broker. Other mailboxes are not affected, and nothing is lost.',
    who: 'deployment owner',
  },
  message_deadly: {
    status: 500,
    sentence: 'Reading this message crashed the process three times, so it was skipped and left in the mailbox.',
    remedy: 'Open the message in the mailbox, and report a bug in the broker with the app log.',
    who: 'deployment owner',
  },
  row_newer: {
    status: 503,
    sentence: 'A stored row was written by a newer version of the broker.',
    remedy: 'Deploy the newer version again, to every instance of the app.',
    who: 'deployment owner',
  },
  mailbox_taken: {
    status: 409,
    sentence: 'Another person has already connected this mailbox.',
    remedy: 'Ask that person to reconnect it, or have the mailbox removed before you connect it.',
    who: 'mailbox owner',
  },
  mailbox_mismatch: {
    status: 409,
    sentence: 'The mailbox you signed in to is not the one this link was made for.',
    remedy: 'Open the link again and sign in with the account of that mailbox.',
    who: 'mailbox owner',
  },

  // Key Vault and sealing
  vault_forbidden: {
    status: 503,
    sentence: "Key Vault denies access to the app's identity.",
    remedy:
      'Give the identity the role Key Vault Secrets User on this secret; on your own machine, give it to the person signed in with az login.',
    who: 'deployment owner',
  },
  vault_firewall: {
    status: 503,
    sentence: 'The Key Vault firewall blocks the app.',
    remedy:
      "In the vault's network settings, allow the network that the app connects from, or add a private endpoint and connect the app to it. The identity's role is not the cause.",
    who: 'deployment owner',
  },
  vault_throttled: {
    status: 503,
    sentence: 'Key Vault is throttling requests.',
    remedy: 'Nothing is lost; retry in a minute. If the problem persists, find out what else reads this vault.',
    who: 'deployment owner',
  },
  vault_name_unknown: {
    status: 503,
    sentence: 'The host name in KEY_VAULT_URL cannot be resolved.',
    remedy:
      'Check KEY_VAULT_URL, and that the vault was not deleted. If the vault has a private endpoint, check its private DNS zone.',
    who: 'deployment owner',
  },
  vault_tls_failed: {
    status: 503,
    sentence: 'The broker could not make a trusted TLS connection to Key Vault.',
    remedy:
      'Check KEY_VAULT_URL, and whether a proxy between the app and the vault presents its own certificate. On your own machine, you can trust further certificates with NODE_EXTRA_CA_CERTS.',
    who: 'deployment owner',
  },
  secret_missing: {
    status: 503,
    sentence: 'A secret that the broker needs is missing from Key Vault or disabled.',
    remedy:
      'Recover the secret if it was deleted, or enable it if it is disabled. Create it only if it never existed: a new broker-root cannot open what was sealed under the old one. The broker picks the secret up within seconds.',
    who: 'deployment owner',
  },
  root_key_broken: {
    status: 503,
    sentence: 'The secret broker-root in Key Vault is not a 32-byte key in base64url.',
    remedy: 'Create a new version of broker-root that holds 32 random bytes in base64url.',
    who: 'deployment owner',
  },
  seal_broken: {
    status: 500,
    sentence:
      'A sealed value cannot be opened: it was changed or moved, or it was sealed under a key that is no longer available in the vault.',
    remedy:
      'Enable the old versions of broker-root again. If they are all enabled, the stored value was tampered with.',
    who: 'deployment owner',
  },
} as const satisfies Record<string, ErrorEntry>;

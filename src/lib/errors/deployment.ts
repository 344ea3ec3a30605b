import type { ErrorEntry } from './entry.ts';

/** What is wrong with the settings, the tables or the Key Vault this deployment stands on. */
export const deploymentErrors = {
  // Settings and the parts we stand on
  settings_broken: {
    status: 503,
    sentence: 'The settings of the broker are not complete.',
    remedy: 'The owner of the deployment finds every fault by name in the log of the app.',
    who: 'deployment owner',
  },
  dashboard_off: {
    status: 404,
    sentence: 'The dashboard is off: no setting says whose administrators may open it.',
    remedy: 'Set ADMIN_TENANT to the id of the tenant whose people with the role Broker.Admin may sign in.',
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

  // Stored rows and mailboxes
  row_broken: {
    status: 500,
    sentence: 'A stored row is not in the form that the broker writes.',
    remedy:
      'Somebody or something else changed the tables; the log names the row. Disconnect and connect the mailbox again.',
    who: 'deployment owner',
  },
  filter_broken: {
    status: 500,
    sentence:
      'The stored filter of this mailbox cannot be read, so that nobody knows which of its mail may be delivered.',
    remedy:
      'Nothing is lost: its mail waits. Set the filter of the mailbox again, or take it away with null; the log names the row.',
    who: 'deployment owner',
  },
  row_refused: {
    status: 500,
    sentence: 'Table Storage does not take a row of this mailbox.',
    remedy:
      'The log names the cause; report it as a fault of the broker. The other mailboxes are not affected, and nothing is lost.',
    who: 'deployment owner',
  },
  message_deadly: {
    status: 500,
    sentence: 'Reading this message ended the process three times; it was left in the mailbox.',
    remedy: 'Look at it in the mailbox; report it as a fault of the broker, with the log of the app.',
    who: 'deployment owner',
  },
  row_newer: {
    status: 503,
    sentence: 'A stored row was written by a newer version of the broker.',
    remedy: 'Publish the newer version again, to every instance of the app.',
    who: 'deployment owner',
  },
  mailbox_taken: {
    status: 409,
    sentence: 'This mailbox is already connected by another person.',
    remedy: 'Let that person reconnect it, or have the mailbox removed first and connect it then.',
    who: 'mailbox owner',
  },
  mailbox_mismatch: {
    status: 409,
    sentence: 'The mailbox that was signed in to is not the one that the link was made for.',
    remedy: 'Open the link again and sign in with the account of that mailbox.',
    who: 'mailbox owner',
  },

  // Key Vault and sealing
  vault_forbidden: {
    status: 503,
    sentence: 'Key Vault refuses the identity of the app.',
    remedy:
      'Give the identity the role Key Vault Secrets User on this secret; on your own machine, the person who is signed in with az login.',
    who: 'deployment owner',
  },
  vault_firewall: {
    status: 503,
    sentence: 'The firewall of the Key Vault does not let the app in.',
    remedy:
      'In the network settings of the vault, allow the network that the app sends from, or add a private endpoint and connect the app to it. The role of the identity is not the cause.',
    who: 'deployment owner',
  },
  vault_throttled: {
    status: 503,
    sentence: 'Key Vault asks to slow down.',
    remedy: 'Nothing is lost; try again in a minute. If it lasts, see what else reads this vault.',
    who: 'deployment owner',
  },
  vault_name_unknown: {
    status: 503,
    sentence: 'The host name in KEY_VAULT_URL cannot be looked up.',
    remedy:
      'Check KEY_VAULT_URL, and that the vault was not deleted. If it has a private endpoint, check its private DNS zone.',
    who: 'deployment owner',
  },
  vault_tls_failed: {
    status: 503,
    sentence: 'No trusted TLS connection to Key Vault could be made.',
    remedy:
      'Check KEY_VAULT_URL, and whether a proxy between the app and the vault shows a certificate of its own. On your own machine, NODE_EXTRA_CA_CERTS names further certificates to trust.',
    who: 'deployment owner',
  },
  secret_missing: {
    status: 503,
    sentence: 'A secret that the broker needs is not in Key Vault, or it is disabled.',
    remedy:
      'Recover the secret if it was deleted, enable it if it is disabled, and create it only if there never was one: a new broker-root does not open what was sealed under the old one. The broker takes it up by itself within seconds.',
    who: 'deployment owner',
  },
  root_key_broken: {
    status: 503,
    sentence: 'The secret broker-root in Key Vault is not a key of 32 bytes in base64url.',
    remedy: 'Create a new version of broker-root that holds 32 random bytes in base64url.',
    who: 'deployment owner',
  },
  seal_broken: {
    status: 500,
    sentence:
      'A sealed value does not open: it was changed, moved, or sealed under a key that the vault no longer gives out.',
    remedy:
      'Enable the old versions of broker-root again; if they are all enabled, the stored value was tampered with.',
    who: 'deployment owner',
  },
} as const satisfies Record<string, ErrorEntry>;

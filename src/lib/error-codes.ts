/** The one person who can act on a failure. */
export type Who = 'caller' | 'mailbox owner' | 'tenant admin' | 'deployment owner' | 'nobody';

export interface ErrorEntry {
  /** HTTP status of the answer in which this code appears. */
  readonly status: number;
  /** What happened, in one plain sentence. */
  readonly sentence: string;
  /** What mends it. */
  readonly remedy: string;
  readonly who: Who;
}

/**
 * Every failure by its code: the sentence, the remedy, and who acts. Sections follow the rooms of src/lib.
 * A code, once published, keeps its meaning.
 */
const table = {
  // Requests
  invalid_request: {
    status: 400,
    sentence: 'The request is not in the expected form.',
    remedy: 'Mend the fields that are named and send it again.',
    who: 'caller',
  },
  malformed_json: {
    status: 400,
    sentence: 'The request body is not valid JSON.',
    remedy: 'Send a JSON object with Content-Type: application/json.',
    who: 'caller',
  },
  body_too_large: {
    status: 413,
    sentence: 'The request body is larger than this endpoint takes.',
    remedy: 'Send at most 64 KiB of JSON.',
    who: 'caller',
  },
  not_found: {
    status: 404,
    sentence: 'There is nothing under this address.',
    remedy: 'Check the path and the id; an id that your key does not list counts as unknown.',
    who: 'caller',
  },
  method_not_allowed: {
    status: 405,
    sentence: 'This address does not take that method.',
    remedy: 'Use one of the methods that the Allow header names.',
    who: 'caller',
  },
  conflict: {
    status: 409,
    sentence: 'Somebody else changed this at the same moment.',
    remedy: 'Read it again and repeat the request.',
    who: 'caller',
  },

  // API keys
  key_missing: {
    status: 401,
    sentence: 'The request carries no API key.',
    remedy: 'Send the header Authorization: Bearer <broker key>.',
    who: 'caller',
  },
  key_invalid: {
    status: 401,
    sentence: 'The API key is not known, or it has expired or been revoked.',
    remedy: 'Ask an administrator of the broker for a new key.',
    who: 'caller',
  },
  nocobase_session_token: {
    status: 401,
    sentence: 'The request carries a session token of NocoBase in place of a broker key.',
    remedy:
      'Set the Authorization header of the button or node to Bearer <broker key>; without one NocoBase sends the own token of the user.',
    who: 'caller',
  },
  scope_missing: {
    status: 403,
    sentence: 'The API key does not have the scope that this endpoint needs.',
    remedy: 'Use a key with that scope, or ask an administrator of the broker for one.',
    who: 'caller',
  },

  key_limited: {
    status: 403,
    sentence: 'The API key is limited to certain mailboxes or destinations, and this goes beyond them.',
    remedy: 'Stay within the limits of the key, or use one without them.',
    who: 'caller',
  },
  token_endpoint_off: {
    status: 404,
    sentence: 'This broker gives out no access tokens.',
    remedy: 'The owner of the deployment switches them on with TOKEN_ENDPOINT=on.',
    who: 'deployment owner',
  },
  token_app_only: {
    status: 403,
    sentence: 'The mailbox is opened with a permission of the app; its token would open every other mailbox too.',
    remedy: 'Send and read through the broker, or connect the mailbox by its owner.',
    who: 'caller',
  },
  token_shared: {
    status: 403,
    sentence: 'The token of a shared mailbox opens the mailbox of the person who connected it too.',
    remedy: 'Use a key that also lists the mailbox of that person.',
    who: 'caller',
  },

  // Connecting
  destination_ambiguous: {
    status: 422,
    sentence: 'It is not clear which destination the mail of this mailbox goes to.',
    remedy: 'Name one by destinationId. If there is none yet, make one with POST destinations.',
    who: 'caller',
  },
  link_invalid: {
    status: 404,
    sentence: 'This is not one of our links, or a part of it was cut off.',
    remedy: 'Open the link again as it was sent, or ask for a new one.',
    who: 'mailbox owner',
  },
  link_expired: {
    status: 410,
    sentence: 'The link has expired.',
    remedy: 'Ask the person who sent it for a new one.',
    who: 'mailbox owner',
  },
  link_spent: {
    status: 410,
    sentence: 'A mailbox has been connected with this link; it works once.',
    remedy: 'Ask the person who sent it for a new one, if another mailbox is to be connected.',
    who: 'mailbox owner',
  },
  cross_site_refused: {
    status: 403,
    sentence: 'A sign-in is begun on our own page only; this request came from somewhere else.',
    remedy: 'Open the link as it was sent and press the button there.',
    who: 'mailbox owner',
  },
  sign_in_foreign: {
    status: 400,
    sentence: 'This sign-in was not begun in this browser, or it was begun too long ago.',
    remedy: 'Open the link again and sign in within ten minutes, in one and the same browser.',
    who: 'mailbox owner',
  },
  wrong_account: {
    status: 403,
    sentence: 'The person who signed in is not the one that the link is for.',
    remedy: 'Open the link again and sign in with the account that it names.',
    who: 'mailbox owner',
  },

  shared_access_missing: {
    status: 422,
    sentence: 'The mail server does not open this mailbox to the person whose sign-in is used.',
    remedy:
      'An administrator gives that person full access (Add-MailboxPermission -AccessRights FullAccess), which counts within an hour, and checks the log-in name. Then send the request again.',
    who: 'tenant admin',
  },
  app_access_missing: {
    status: 422,
    sentence: 'The mail server does not open this mailbox to the app.',
    remedy:
      'An administrator consents to IMAP.AccessAsApp, makes the app known to Exchange (New-ServicePrincipal) and gives it the mailbox (Add-MailboxPermission -AccessRights FullAccess), which counts within an hour. Or name by viaMailboxId a person who may open it.',
    who: 'tenant admin',
  },

  // Destinations
  destination_url_refused: {
    status: 422,
    sentence: 'The broker does not send to this address.',
    remedy:
      'Give an https address that is reachable from the internet. A private one must be listed, with its network, in the setting PRIVATE_DESTINATIONS.',
    who: 'caller',
  },
  destination_in_use: {
    status: 409,
    sentence: 'Mailboxes still deliver to this destination.',
    remedy: 'Give these mailboxes another destination, or remove them, and delete it then.',
    who: 'caller',
  },
  destination_missing: {
    status: 404,
    sentence: 'The destination of this mailbox does not exist any more.',
    remedy: 'Give the mailbox another destination. No mail is lost: it waits in the mailbox.',
    who: 'deployment owner',
  },
  destination_paused: {
    status: 409,
    sentence: 'The destination is paused by hand.',
    remedy: 'Set paused to false on the destination to go on. Mail waits in the mailboxes until then.',
    who: 'deployment owner',
  },
  destination_unauthorised: {
    status: 502,
    sentence: 'The destination refuses our credentials (401 or 403).',
    remedy:
      'Set a valid API key, or user and password, on the destination, and check the role behind it. Delivery goes on by itself then.',
    who: 'deployment owner',
  },
  destination_not_found: {
    status: 502,
    sentence: 'There is nothing to deliver to at the address of the destination (404 or 405).',
    remedy:
      'Check the URL of the destination and that its workflow or collection exists and is on. Delivery goes on by itself then.',
    who: 'deployment owner',
  },
  destination_busy: {
    status: 502,
    sentence: 'The destination is overloaded or starting (429, 502, 503 or 504).',
    remedy:
      'Nothing to do unless it lasts: delivery goes on by itself. If it lasts, check the server of the destination.',
    who: 'deployment owner',
  },
  destination_redirects: {
    status: 502,
    sentence: 'The destination answers with a redirect, which the broker does not follow.',
    remedy: 'Set the final address as the URL of the destination.',
    who: 'deployment owner',
  },
  destination_timeout: {
    status: 504,
    sentence: 'The destination did not answer within 20 seconds.',
    remedy:
      'Check the server of the destination; a workflow that works for long should answer at once and work afterwards.',
    who: 'deployment owner',
  },
  destination_unreachable: {
    status: 502,
    sentence: 'The destination cannot be reached: the connection was refused, reset or not made.',
    remedy: 'Check that the server of the destination runs and that its firewall lets the broker in.',
    who: 'deployment owner',
  },
  destination_name_unknown: {
    status: 502,
    sentence: 'The host name of the destination cannot be looked up.',
    remedy: 'Check the host in the URL of the destination and its DNS record.',
    who: 'deployment owner',
  },
  destination_tls_failed: {
    status: 502,
    sentence: 'The certificate of the destination is not valid for its address.',
    remedy: 'Renew or mend the certificate of the destination; the whole chain has to be sent.',
    who: 'deployment owner',
  },
  destination_address_refused: {
    status: 502,
    sentence: 'The host of the destination leads to an address to which the broker does not send.',
    remedy:
      'Let the host name resolve to public addresses only, or list the private host and its network in PRIVATE_DESTINATIONS.',
    who: 'deployment owner',
  },
  destination_answer_unexpected: {
    status: 502,
    sentence: 'The destination answers, but not as the collections of NocoBase do.',
    remedy:
      'Check that the URL of the destination ends in /api and that the messages collection has a field messageKey. Delivery goes on by itself then.',
    who: 'deployment owner',
  },
  destination_unfit: {
    status: 422,
    sentence: 'The collections of the destination are not fit for mail.',
    remedy:
      'All three must exist; messageKey must be a unique field of the messages collection and mailboxId one of the accounts collection, or mail could be stored twice.',
    who: 'deployment owner',
  },
  destination_refused_message: {
    status: 502,
    sentence: 'The destination refused the message itself, or failed on it.',
    remedy: 'Look in the log of the destination for the reason; the status that it answered is named.',
    who: 'deployment owner',
  },

  // Settings and the parts we stand on
  settings_broken: {
    status: 503,
    sentence: 'The settings of the broker are not complete.',
    remedy: 'The owner of the deployment finds every fault by name in the log of the app.',
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
      'Give the identity the role Key Vault Secrets User on this secret; on your own machine sign in with az login.',
    who: 'deployment owner',
  },
  secret_missing: {
    status: 503,
    sentence: 'A secret that the broker needs is not in Key Vault, or it is disabled.',
    remedy: 'Create the secret in the vault, or enable its newest version.',
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

  // Signing in at Microsoft: what the person or the flow did
  sign_in_declined: {
    status: 403,
    sentence: 'The permissions that were asked for were declined.',
    remedy: 'Open the link again and accept them; nothing has changed.',
    who: 'mailbox owner',
  },
  sign_in_restart: {
    status: 400,
    sentence: 'This sign-in cannot be finished any more.',
    remedy: 'Open the link again and sign in once more.',
    who: 'mailbox owner',
  },
  code_already_used: {
    status: 409,
    sentence: 'This sign-in has been finished already.',
    remedy: 'Close this window; if the mailbox is not connected, open the link again.',
    who: 'mailbox owner',
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
    sentence: 'The password of the account has expired.',
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
  app_single_tenant: {
    status: 409,
    sentence: 'The app registration takes accounts of its own organisation only, but TENANT names several.',
    remedy:
      'An administrator sets the supported account types of the app registration, or TENANT is set to the id of the organisation.',
    who: 'tenant admin',
  },

  // The app's own credential and registration
  client_secret_invalid: {
    status: 503,
    sentence: 'Microsoft refuses the client secret of the app.',
    remedy: 'Store the value of a valid client secret (not its id) in Key Vault; the broker takes it up by itself.',
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
    sentence: 'The client secret of the app runs out soon; then no mailbox can be read or sent from any more.',
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
    sentence: 'The managed identity of the app gives no token.',
    remedy: 'Check that the user-assigned identity is assigned to the app and that AZURE_CLIENT_ID is its client id.',
    who: 'deployment owner',
  },
  app_not_authorized: {
    status: 503,
    sentence: 'The app registration may not use this kind of sign-in.',
    remedy: 'Check the supported account types and the platform (Web) of the app registration, and CLIENT_ID.',
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

  // Mailbox (IMAP)
  imap_unreachable: {
    status: 503,
    sentence: 'The mail server cannot be reached, or it broke the connection off.',
    remedy: 'Nothing is lost; the broker tries again by itself.',
    who: 'nobody',
  },
  imap_throttled: {
    status: 503,
    sentence: 'The mail server asks to slow down for this mailbox.',
    remedy:
      'Nothing is lost; the broker waits as long as it was told and tries again. If it lasts, see which other programs read the same mailbox over IMAP.',
    who: 'nobody',
  },
  imap_refused: {
    status: 422,
    sentence: 'The mail server refuses the sign-in to this mailbox.',
    remedy:
      'Check that IMAP is switched on for the mailbox (Microsoft 365: Set-CASMailbox -ImapEnabled $true; Outlook.com: Settings, Mail, Forwarding and IMAP), that the log-in name is the address of the mailbox, and that the person who signed in may open it.',
    who: 'tenant admin',
  },
  imap_not_connected: {
    status: 503,
    sentence: 'The mail server accepted the sign-in but does not open the mailbox.',
    remedy:
      'This often passes by itself, and the broker tries again. If it lasts, check that the log-in name is the address of the mailbox, that the person who signed in has full access to it, that it has a licence, and that IMAP is switched on for it.',
    who: 'tenant admin',
  },
  imap_token_expired: {
    status: 503,
    sentence: 'The mail server ended the session because its access token has expired.',
    remedy: 'Nothing is lost; the broker signs in again with a new token.',
    who: 'nobody',
  },
  imap_unexpected: {
    status: 503,
    sentence: 'The mail server gave an answer that the broker does not understand.',
    remedy: 'Nothing is lost; the broker tries again. If it lasts, report it with the log of the app.',
    who: 'deployment owner',
  },
  folder_missing: {
    status: 422,
    sentence: 'A folder that the broker watches is no longer in the mailbox, or cannot be opened.',
    remedy: 'Put the folder back under its name, or choose another folder for this mailbox.',
    who: 'mailbox owner',
  },

  // Attachments
  message_gone: {
    status: 410,
    sentence: 'The message is no longer in a folder that the broker watches.',
    remedy: 'Its owner moved or deleted it; put it back, or ask the owner for the file.',
    who: 'mailbox owner',
  },
  attachment_link_invalid: {
    status: 404,
    sentence: 'This is not one of our attachment links, or a part of it was cut off.',
    remedy: 'Use the url of the attachment whole, as the event brought it.',
    who: 'caller',
  },
  attachment_link_expired: {
    status: 410,
    sentence: 'The link to this attachment has expired.',
    remedy:
      'Have the message delivered again: its event brings new links. Whoever keeps the file should fetch it at once.',
    who: 'caller',
  },
  attachment_too_large: {
    status: 413,
    sentence: 'The attachment is larger than the broker hands out.',
    remedy: 'Open the message in Outlook to get it.',
    who: 'caller',
  },
  downloads_busy: {
    status: 429,
    sentence: 'Too many attachments are being fetched at once from this mailbox or by this broker.',
    remedy: 'Fetch it again in a moment; two at a time from one mailbox go through.',
    who: 'caller',
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof table;

/** {@link table} under its general type. */
export const errorTable: Readonly<Record<ErrorCode, ErrorEntry>> = table;

/** True if `text` is a code of this table; codes come back from rows and events as plain text. */
export const isErrorCode = (text: string): text is ErrorCode => Object.hasOwn(table, text);

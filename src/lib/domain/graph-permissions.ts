/**
 * Delegated permissions of Microsoft Graph for mail that a deployment may ask for beside IMAP and SMTP, each in the order in which
 * one is missed most. `Mail.Send`: from the mailbox of the person who signed in. `Mail.Send.Shared`: from a shared one for
 * which she has Send As. `Mail.ReadWrite`: drafts, for messages that are too large for one request.
 * `Mail.ReadBasic`: being notified of new mail in her own mailbox, of which nothing is read that way.
 * `Calendars.ReadWrite`: answering invitations in her own calendar.
 * https://learn.microsoft.com/graph/permissions-reference#mail-permissions
 */
export const graphMailPermissions = [
  'Mail.Send',
  'Mail.Send.Shared',
  'Mail.ReadWrite',
  'Mail.ReadBasic',
  'Calendars.ReadWrite',
] as const;
export type GraphMailPermission = (typeof graphMailPermissions)[number];

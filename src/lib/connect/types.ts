import type { Cookie } from '@azure/functions';
import type { Caller } from '../access/caller.ts';
import type { MailboxFilter } from '../domain/mail/filter.ts';
import type { FolderChoice } from '../domain/mail/folder.ts';
import type { ConsentPermissions } from '../entra/admin-consent.ts';
import type { SyncFrom } from '../mailboxes/sync-from.ts';
import type { PageContent } from '../pages/pages.ts';

/** What a link is to connect, as POST connect-links takes it. */
export interface NewLink {
  /** Exactly one of `expectedAddress` and `anyAddress`; neither with `mailboxId`, which makes a link to reconnect. */
  readonly expectedAddress?: string | undefined;
  readonly anyAddress?: true | undefined;
  readonly mailboxId?: string | undefined;
  readonly loginHint?: string | undefined;
  readonly label?: string | undefined;
  readonly ownerRef?: string | number | undefined;
  /** The month before the connection unless given. */
  readonly syncFrom?: SyncFrom | undefined;
  /** Inbox and sent unless given. */
  readonly folders?: readonly FolderChoice[] | undefined;
  readonly filter?: MailboxFilter | undefined;
  readonly destinationId?: string | undefined;
  /** A day unless given; at most 7 days, 14 for a reconnect. */
  readonly expiresInSeconds?: number | undefined;
  readonly returnUrl?: string | undefined;
}

/** What an administrator is to be asked, as POST tenant-consent-links takes it. */
export interface NewAdminConsentLink {
  /** Of several tenants: which. Left out: the broker's own, or that of the account that signs in. */
  readonly tenantId?: string | undefined;
  /**
   * `delegated` (unless given): that people may connect their mailboxes. `app`: that the app may open mailboxes on its
   * own.
   */
  readonly permissions?: ConsentPermissions | undefined;
  readonly label?: string | undefined;
  /** A week unless given; at most 14 days. */
  readonly expiresInSeconds?: number | undefined;
  readonly returnUrl?: string | undefined;
}

/** Where a browser goes next. */
export type Step =
  | { readonly kind: 'page'; readonly content: PageContent }
  /** 303: a POST or a callback is followed by a GET. */
  | { readonly kind: 'redirect'; readonly location: string; readonly cookie?: Cookie };

/** Who pressed the button, as far as the request shows it. */
export interface ButtonPress {
  readonly token: string;
  readonly headers: Headers;
}

/** What Microsoft sent the browser back with. */
export interface CallbackRequest {
  readonly query: URLSearchParams;
  readonly headers: Headers;
}

/** Connecting a mailbox, from the link to the first cursor. */
export interface Connect {
  /**
   * @throws BrokerError `invalid_request` | `not_found` | `destination_ambiguous` | `key_limited`
   */
  createLink(wanted: NewLink, caller: Caller): Promise<{ readonly url: string; readonly expiresAt: Date }>;
  /**
   * The page behind a link. Changes nothing: scanners of mail open links too.
   * @throws BrokerError `link_invalid` | `link_expired` | `link_spent` | `destination_missing`
   */
  show(token: string): Promise<PageContent>;
  /** The button: makes a sign-in bound to this browser and sends it to Microsoft. @throws BrokerError as `show`, `cross_site_refused` */
  begin(press: ButtonPress): Promise<Step>;
  /**
   * A link with which an administrator consents for a whole tenant.
   * @param madeBy id of the API key, for the audit; `broker` where an event carries the link
   * @throws BrokerError `invalid_request`
   */
  createAdminConsentLink(
    wanted: NewAdminConsentLink,
    madeBy: string,
  ): Promise<{ readonly url: string; readonly tenant: string; readonly expiresAt: Date }>;
  /** The page behind such a link. Changes nothing. @throws BrokerError `link_invalid` | `link_expired` | `link_spent` */
  showAdminConsent(token: string): Promise<PageContent>;
  /** Its button. @throws BrokerError as `showAdminConsent`, `cross_site_refused` */
  beginAdminConsent(press: ButtonPress): Promise<Step>;
  /** The way back from Microsoft, of either kind: ends on a page, or at the link's returnUrl. */
  callback(request: CallbackRequest): Promise<Step>;
}

import type { Cookie } from '@azure/functions';
import type { Caller } from '../http/caller.ts';
import type { PageContent } from '../http/pages.ts';

/** What a link is to connect, as POST connect-links takes it. */
export interface NewLink {
  /** Exactly one of `expectedAddress` and `anyAddress`; neither with `mailboxId`, which makes a link to reconnect. */
  readonly expectedAddress?: string | undefined;
  readonly anyAddress?: true | undefined;
  readonly mailboxId?: string | undefined;
  readonly loginHint?: string | undefined;
  readonly label?: string | undefined;
  readonly ownerRef?: string | number | undefined;
  readonly syncFrom?: Date | undefined;
  readonly destinationId?: string | undefined;
  /** A day unless given; at most 7 days, 14 for a reconnect. */
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
  /** The way back: ends on a page, or at the link's returnUrl. */
  callback(request: CallbackRequest): Promise<Step>;
}

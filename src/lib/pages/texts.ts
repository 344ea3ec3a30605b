/** Plain text throughout: values are escaped where the page is built. */
export interface PageTexts {
  /** BCP 47, for the lang attribute. */
  readonly tag: string;
  readonly product: string;
  readonly details: string;
  readonly requestId: string;
  readonly again: string;
  /** The way back to where a person came from. */
  readonly back: (host: string) => string;
  readonly connect: {
    readonly title: string;
    readonly lead: string;
    readonly asks: string;
    readonly mailbox: string;
    readonly anyMailbox: string;
    readonly receiver: string;
    /** Name of the row that says which mail is passed on. */
    readonly syncStart: string;
    readonly syncStarts: Readonly<Record<'now' | 'month' | 'resumed', string>>;
    readonly since: (date: string) => string;
    readonly button: string;
    readonly notes: Notes;
  };
  readonly connected: {
    readonly title: string;
    readonly lead: string;
    readonly close: string;
  };
  readonly adminConsent: {
    readonly title: string;
    readonly lead: ByPermissions<string>;
    readonly organisation: string;
    readonly anyOrganisation: string;
    readonly allows: string;
    readonly what: ByPermissions<string>;
    readonly notes: ByPermissions<Notes>;
  };
  readonly consented: { readonly title: string; readonly happened: string; readonly todo: ByPermissions<string> };
  /** A link that the reader passes on. */
  readonly adminLink: {
    readonly lead: string;
    /** Where it may be of use only. */
    readonly perhaps: string;
    readonly send: string;
    readonly mailSubject: string;
    readonly mailBody: string;
    readonly until: (date: string) => string;
    /** What comes after it, in the place of the notice's own. */
    readonly afterwards: string;
  };
  readonly declined: Notice;
  readonly consentDeclined: Notice;
  readonly consentFailed: Notice;
  readonly consentSpent: Notice;
  readonly consentAgain: Notice;
  readonly wrongAccount: Notice & { readonly asked: string; readonly signedIn: string };
  readonly taken: Notice & { readonly heldBy: string };
  readonly recreated: Notice;
  readonly noAddress: Notice;
  readonly needsAdmin: Notice;
  readonly blocked: Notice;
  readonly linkInvalid: Notice;
  readonly linkExpired: Notice;
  readonly linkSpent: Notice;
  readonly startAgain: Notice;
  readonly openAgain: Notice;
  readonly notConnected: Notice;
  readonly ourFault: Notice;
}

/** What a person has to know before she presses the button, each with its sign. */
export type Notes = Readonly<Record<'lock' | 'onward' | 'back', string>>;

/** People's own permissions, or those of the app. */
type ByPermissions<T> = Readonly<Record<'delegated' | 'app', T>>;

/** A page that says one thing: what happened, and what to do. */
export interface Notice {
  readonly title: string;
  readonly happened: string;
  readonly todo: string;
}

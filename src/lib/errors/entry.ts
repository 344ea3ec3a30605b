/** The one person who can act on a failure. */
export type Who = 'caller' | 'mailbox owner' | 'tenant admin' | 'deployment owner' | 'nobody';

/** What a failure says to people, in one language. */
export interface ErrorText {
  /** What happened, in one plain sentence. */
  readonly sentence: string;
  /** How to fix it. */
  readonly remedy: string;
}

export interface ErrorEntry extends ErrorText {
  /** HTTP status of the answer in which this code appears. */
  readonly status: number;
  readonly who: Who;
}

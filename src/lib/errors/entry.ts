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

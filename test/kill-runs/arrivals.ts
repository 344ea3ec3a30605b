/** What the receiver notes of a message that it accepts. */
export interface Arrival {
  readonly key: string;
  readonly subject: string;
  /** `outcome`: the end of a submission; then `key` is the id of the event, and `subject` its type and the submission. */
  readonly by: 'webhook' | 'record' | 'outcome';
}

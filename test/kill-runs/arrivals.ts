/** What the receiver notes of a message that it accepts. */
export interface Arrival {
  readonly key: string;
  readonly subject: string;
  readonly by: 'webhook' | 'record';
}

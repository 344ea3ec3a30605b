import type { Ground } from './process.ts';

/** The promises of the broker, which hold in every world. */
export type PromiseName =
  | 'nothing is lost'
  | 'what is gone is told'
  | 'nobody dies of a fault that is not theirs'
  | 'one that fails keeps no others away'
  | 'one key for one message'
  | 'a stale worker commits nothing'
  | 'one writer for each row'
  | 'order'
  | 'one in flight'
  | 'nothing is sent again without need'
  | 'no POST before its entry is committed'
  | 'work that is left is due at once'
  | 'everything settles'
  | 'changes are told of what was delivered'
  | 'what is told is true'
  | 'one mailbox for an address'
  | 'what a filter keeps back stays in the mailbox'
  | 'a removed mailbox leaves nothing'
  | 'a message is sent once'
  | 'no message is forgotten'
  | 'each outcome is told'
  | 'no function fails but for storage, mail or Microsoft'
  | 'a message leaves whole'
  | 'a message goes by the way that was chosen'
  | 'no draft is left over'
  | 'only what was answered is marked'
  | 'at most one copy is stored';

/** A promise that was not kept. */
export interface Breach {
  readonly promise: PromiseName;
  readonly detail: string;
  readonly step: number;
}

export interface Promises {
  breach(promise: PromiseName, detail: string): void;
  readonly breaches: readonly Breach[];
}

export function createPromises({ scheduler, trace }: Ground): Promises {
  const breaches: Breach[] = [];
  return {
    breaches,
    breach(promise, detail) {
      trace.note('BROKEN', () => `${promise}: ${detail}`);
      breaches.push({ promise, detail, step: scheduler.step() });
    },
  };
}

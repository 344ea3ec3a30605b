import { AsyncResource } from 'node:async_hooks';

/** Through which the bells of a shard reach the run that holds it in this process. */
export interface Doorbell {
  /** The mailbox whose bell the run was made for; undefined where the shard has its ordinary turn. */
  readonly madeFor: string | undefined;
  /** @returns true if the run takes the bell in; false if it has not begun its work yet, or is at its end */
  ring(mailboxId: string): boolean;
  /** Says who takes bells in from now on. */
  answer(take: (mailboxId: string) => boolean): void;
}

export function createDoorbell(madeFor: string | undefined): Doorbell {
  let take: (mailboxId: string) => boolean = () => false;
  return {
    madeFor,
    ring: (mailboxId) => take(mailboxId),
    answer(next) {
      // What a bell leads to belongs to this run, and is logged as its own.
      take = AsyncResource.bind(next);
    },
  };
}

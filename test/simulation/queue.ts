import type { SendWakeUp } from '../../src/lib/submissions/types.ts';
import type { BellWakeUp, ShardWakeUp } from '../../src/lib/sync/state/wake-up.ts';
import type { Ground, Invocation } from './process.ts';

/** A message that failed comes again after this (host.json: visibilityTimeout). */
const failedAgainMs = 30_000;

/** A message whose host died is visible again after this, regardless of host.json. */
const killedAgainMs = 10 * 60_000;

/** Then it goes to the poison queue, which is not read. */
const mostDequeues = 3;

/** A message of the queue. */
export type Hint = ShardWakeUp | BellWakeUp | SendWakeUp;

interface Message {
  readonly wakeUp: Hint;
  dequeues: number;
}

/** The queue `work`: at least once, in no order, at no particular time; under faults also never. */
export interface Queue {
  /** @param afterMs it is invisible until then */
  put(wakeUp: Hint, afterMs?: number): void;
  /** To be called by the worker of a message. */
  ended(invocation: Invocation, next: Hint | undefined): void;
}

/** @param work starts an invocation for a message; undefined if there is no process for it now */
export function createQueue(ground: Ground, work: (wakeUp: Hint) => Invocation): Queue {
  const { scheduler, faults, trace, dice } = ground;
  const open = new Map<Invocation, Message>();

  function deliver(message: Message, afterMs: number): void {
    scheduler.after(afterMs, () => {
      message.dequeues += 1;
      open.set(work(message.wakeUp), message);
    });
  }

  const named = (hint: Hint) =>
    hint.kind === 'send'
      ? `hint for lane ${hint.lane}`
      : hint.kind === 'bell'
        ? `bell of ${hint.mailbox}, put back ${hint.tries} times`
        : `hint for shard ${hint.shard}, tick ${hint.tick % 1000}, ${hint.why}`;

  return {
    put(wakeUp, afterMs = 0) {
      const what = () => named(wakeUp);
      if (faults.strikes('wakeUpLost')) {
        trace.note('queue', () => `${what()} -- lost`);
        return;
      }
      const copies = faults.strikes('wakeUpTwice') ? 2 : 1;
      if (copies > 1 && faults.strikes('wakeUpTwin')) {
        trace.note('queue', () => `${what()} -- doubled, at the same moment`);
        const at = afterMs + dice.between(10, 2_000);
        for (let copy = 0; copy < copies; copy++) deliver({ wakeUp, dequeues: 0 }, at);
        return;
      }
      for (let copy = 0; copy < copies; copy++) {
        const late = faults.strikes('wakeUpLate') ? faults.size('wakeUpLate', 5_000, 300_000) : 0;
        if (copy > 0 || late > 0)
          trace.note('queue', () => `${what()} -- ${copy > 0 ? 'doubled' : ''} ${Math.round(late)} ms late`);
        deliver({ wakeUp, dequeues: 0 }, afterMs + late + dice.between(10, 2_000));
      }
    },
    ended(invocation, next) {
      const message = open.get(invocation);
      if (message === undefined) return;
      open.delete(invocation);
      if (next !== undefined) this.put(next);
      if (invocation.end === 'done') return;
      if (message.dequeues >= mostDequeues) {
        trace.note('queue', () => `${named(message.wakeUp)} -- poison`);
        return;
      }
      deliver(message, invocation.end === 'killed' ? killedAgainMs : failedAgainMs);
    },
  };
}

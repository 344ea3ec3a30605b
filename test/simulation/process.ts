import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock, Random } from '../../src/lib/domain/clock.ts';
import type { Dice } from './dice.ts';
import type { Faults } from './faults.ts';
import type { Scheduler } from './scheduler.ts';
import type { Trace } from './trace.ts';

/** What every part of a world stands on. */
export interface Ground {
  readonly seed: string;
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly trace: Trace;
  /** For what is no fault: latencies, ids, who is next. */
  readonly dice: Dice;
}

/** One call of a function of the app. */
export interface Invocation {
  readonly name: string;
  readonly process: SimProcess;
  /** When it began. */
  readonly since: number;
  /** How it ended; undefined while it continues. */
  end: 'done' | 'failed' | 'killed' | undefined;
}

/** Which invocation a call into the world comes from. */
export const invocations = new AsyncLocalStorage<Invocation>();

/** A call from a process into the world, on which the world settles when and how it wants; only the first counts. */
export interface Call<T> {
  readonly by: Invocation | undefined;
  readonly settled: boolean;
  /** `heard` is called when the process takes note of the answer, which may be later. */
  answer(value: T, heard?: () => void): void;
  fail(error: unknown, heard?: () => void): void;
}

/** A process of the app: its code continues only by what the world answers, so that it can be ended at any await. */
export interface SimProcess {
  readonly name: string;
  readonly alive: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly running: ReadonlySet<Invocation>;
  call<T>(serve: (call: Call<T>) => void): Promise<T>;
  /** Runs one function of the app; resolves never if the process ends before it does. */
  invoke(name: string, work: () => Promise<void>, ended: (invocation: Invocation, error: unknown) => void): Invocation;
  kill(why: string): void;
}

/** @param skewMs how wrong its wall clock is */
export function createProcess(ground: Ground, name: string, skewMs: number, onKilled: (process: SimProcess) => void) {
  const { scheduler, faults, trace, dice } = ground;
  const running = new Set<Invocation>();
  const monotonicZero = scheduler.now() - dice.between(1000, 1e7);
  let alive = true;
  let stalledUntil = 0;

  /** The code behind `wake` continues; or the process has died, or stands still, or dies at this very moment. */
  function resume(wake: () => void): void {
    if (!alive) return;
    if (scheduler.now() < stalledUntil) {
      scheduler.after(stalledUntil - scheduler.now(), () => resume(wake));
      return;
    }
    if (faults.strikes('kill')) {
      self.kill('killed');
      return;
    }
    if (faults.strikes('stall')) {
      stalledUntil = scheduler.now() + faults.size('stall', 2_000, dice.chance(0.4) ? 20_000 : 200_000);
      trace.note(name, () => `stands still for ${Math.round((stalledUntil - scheduler.now()) / 1000)} s`);
      scheduler.after(stalledUntil - scheduler.now(), () => resume(wake));
      return;
    }
    wake();
    scheduler.woke();
  }

  const self: SimProcess = {
    name,
    get alive() {
      return alive;
    },
    clock: {
      now: () => scheduler.now() + skewMs,
      monotonic: () => scheduler.now() - monotonicZero,
      sleep: (ms, signal) =>
        new Promise((resolve, reject) => {
          if (signal?.aborted === true) return reject(signal.reason);
          const abort = () => {
            scheduler.cancel(event);
            reject(signal?.reason);
          };
          const event = scheduler.after(ms, () =>
            resume(() => {
              signal?.removeEventListener('abort', abort);
              resolve();
            }),
          );
          signal?.addEventListener('abort', abort, { once: true });
        }),
      caughtUp: () => new Promise((resolve) => scheduler.after(0, () => resume(resolve))),
    },
    random: { bytes: (count) => dice.bytes(count) },
    running,
    call<T>(serve: (call: Call<T>) => void) {
      return new Promise<T>((resolve, reject) => {
        let settled = false;
        const settle = (how: () => void) => {
          if (settled) return;
          settled = true;
          resume(how);
        };
        serve({
          by: invocations.getStore(),
          get settled() {
            return settled;
          },
          answer: (value, heard) =>
            settle(() => {
              heard?.();
              resolve(value);
            }),
          fail: (error, heard) =>
            settle(() => {
              heard?.();
              reject(error);
            }),
        });
      });
    },
    invoke(what, work, ended) {
      const invocation: Invocation = { name: what, process: self, since: scheduler.now(), end: undefined };
      running.add(invocation);
      const finish = (end: 'done' | 'failed', error?: unknown) => {
        running.delete(invocation);
        invocation.end = end;
        ended(invocation, error);
      };
      invocations.run(invocation, () =>
        work().then(
          () => finish('done'),
          (error: unknown) => finish('failed', error),
        ),
      );
      scheduler.woke();
      return invocation;
    },
    kill(why) {
      if (!alive) return;
      alive = false;
      trace.note(
        name,
        () =>
          `${why}${running.size === 0 ? '' : ` in the middle of ${[...running].map((one) => one.name).join(', ')}`}`,
      );
      for (const invocation of running) invocation.end = 'killed';
      onKilled(self);
    },
  };
  return self;
}

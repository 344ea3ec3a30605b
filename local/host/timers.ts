import { parseNcrontab } from './ncrontab.ts';
import type { TypedData } from './rpc.ts';

export interface TimerFunction {
  readonly name: string;
  /** NCRONTAB. */
  readonly schedule: string;
  readonly runOnStartup: boolean;
  /** It runs on request only. */
  readonly isDisabled: boolean;
  readonly useMonitor: boolean;
  /** Never rejects: what a timer function throws is a line, and the schedule continues. */
  readonly invoke: (input: TypedData) => Promise<void>;
}

export interface Timer {
  readonly name: string;
  /** Runs it at once, after the invocation that may be under way. */
  runNow(): Promise<void>;
  /** No further occurrence. */
  stop(): void;
}

// setTimeout's limit is 2^31-1 ms; the host's own listener also cuts long waits into pieces of 24 days.
const maxWaitMs = 24 * 86_400_000;

/**
 * A timer trigger: one invocation at a time; an occurrence that came while one ran follows at once, several as one
 * (TimerListener of the Functions host, whose `Next` is counted from the start of the last invocation).
 * @throws Error if the schedule is not NCRONTAB
 */
export function startTimer(fn: TimerFunction): Timer {
  const schedule = parseNcrontab(fn.schedule);
  let handle: NodeJS.Timeout | undefined;
  let stopped = false;
  let last: Promise<void> = Promise.resolve();
  let next = schedule.next(new Date());
  // The host keeps the status of a schedule only where at least a minute lies between two occurrences.
  const monitored = fn.useMonitor && schedule.next(next).getTime() - next.getTime() >= 60_000;
  let lastAt = new Date(0);

  const runAlone = (): Promise<void> => {
    last = last.then(async () => {
      const status = monitored ? { Last: lastAt, LastUpdated: lastAt, Next: next } : null;
      const info = { Schedule: { AdjustForDST: true }, ScheduleStatus: status, IsPastDue: false };
      if (!stopped) await fn.invoke({ json: JSON.stringify(info) });
    });
    return last;
  };
  const runScheduled = async () => {
    // A timeout may fire a moment early; counting from the occurrence itself keeps it from coming twice.
    const from = new Date(Math.max(Date.now(), next.getTime()));
    await runAlone();
    lastAt = from;
    next = schedule.next(from);
    arm();
  };
  const arm = () => {
    if (stopped) return;
    const waitMs = next.getTime() - Date.now();
    handle = setTimeout(
      () => (waitMs > maxWaitMs ? arm() : void runScheduled()),
      Math.min(Math.max(waitMs, 0), maxWaitMs),
    );
  };
  if (!fn.isDisabled) {
    if (fn.runOnStartup) void runAlone().then(arm);
    else arm();
  }
  return {
    name: fn.name,
    runNow: runAlone,
    stop: () => {
      stopped = true;
      clearTimeout(handle);
    },
  };
}

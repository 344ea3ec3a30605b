/**
 * The one thread of a simulated world: everything that happens is an event of it, at an instant of virtual time. Between
 * two events the code under test runs until each of its promises waits for another event.
 */
export interface Scheduler {
  /** The true time of the world, milliseconds since 1970. No clock in the world is promised to show it. */
  now(): number;
  /** Number of the event that is happening; a failure is found again by it. */
  step(): number;
  after(ms: number, happen: () => void): Event;
  cancel(event: Event): void;
  /** To be called by everything that lets code under test continue: it gets its turn before the next event. */
  woke(): void;
  /** Lets events happen until `isOver` says so, which is asked between them, or none is left. */
  run(isOver: () => boolean): Promise<void>;
  /** Moves time ahead without letting anything happen in between; what was due then happens late. */
  leap(ms: number): void;
}

export interface Event {
  readonly at: number;
  readonly order: number;
  happen: (() => void) | undefined;
}

export const simulationStart = Date.parse('2026-11-22T12:00:00Z');

export function createScheduler(): Scheduler {
  const heap: Event[] = [];
  let now = simulationStart;
  let order = 0;
  let step = 0;
  let awake = false;

  const before = (a: Event, b: Event) => a.at < b.at || (a.at === b.at && a.order < b.order);

  function push(event: Event): void {
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const other = heap[parent];
      if (other === undefined || !before(event, other)) break;
      heap[at] = other;
      at = parent;
    }
    heap[at] = event;
  }

  function pop(): Event | undefined {
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || heap.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      let smaller = heap[child];
      if (smaller === undefined) break;
      const right = heap[child + 1];
      if (right !== undefined && before(right, smaller)) {
        child += 1;
        smaller = right;
      }
      if (!before(smaller, last)) break;
      heap[at] = smaller;
      at = child;
    }
    heap[at] = last;
    return top;
  }

  return {
    now: () => now,
    step: () => step,
    after(ms, happen) {
      const event: Event = { at: now + Math.max(0, ms), order: order++, happen };
      push(event);
      return event;
    },
    cancel(event) {
      event.happen = undefined;
    },
    woke() {
      awake = true;
    },
    async run(isOver) {
      for (;;) {
        // An immediate comes after all microtasks: the code under test has come to rest then.
        if (awake) await new Promise<void>((resolve) => setImmediate(resolve));
        awake = false;
        if (isOver()) return;
        const event = pop();
        if (event === undefined) return;
        const { happen } = event;
        if (happen === undefined) continue;
        now = Math.max(now, event.at);
        step += 1;
        happen();
      }
    },
    leap(ms) {
      now += ms;
    },
  };
}

/** Lets something happen at every full `ms` of the world's time. */
export function every(scheduler: Scheduler, ms: number, happen: () => void): void {
  const next = () => {
    happen();
    every(scheduler, ms, happen);
  };
  scheduler.after(ms - ((scheduler.now() + 1) % ms) + 1, next);
}

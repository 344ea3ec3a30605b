/** What happens when, in a modelled time of seconds. */
export interface Events {
  readonly now: number;
  at(time: number, happen: () => void): void;
  runUntil(end: number): void;
}

interface Event {
  readonly time: number;
  readonly order: number;
  readonly happen: () => void;
}

const isBefore = (a: Event, b: Event): boolean => a.time < b.time || (a.time === b.time && a.order < b.order);

/** A heap of events; those of one time happen in the order in which they were added. */
export function createEvents(): Events {
  const heap: Event[] = [];
  let now = 0;
  let added = 0;

  function swap(a: number, b: number): void {
    const [one, other] = [heap[a], heap[b]];
    if (one === undefined || other === undefined) return;
    heap[a] = other;
    heap[b] = one;
  }

  const goesBefore = (a: number, b: number): boolean => {
    const [one, other] = [heap[a], heap[b]];
    return one !== undefined && other !== undefined && isBefore(one, other);
  };

  function take(): Event | undefined {
    const [first] = heap;
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    heap[0] = last;
    for (let at = 0; ; ) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) if (goesBefore(child, least)) least = child;
      if (least === at) return first;
      swap(at, least);
      at = least;
    }
  }

  return {
    get now() {
      return now;
    },
    at(time, happen) {
      heap.push({ time: Math.max(time, now), order: added++, happen });
      for (let at = heap.length - 1; at > 0 && goesBefore(at, (at - 1) >>> 1); at = (at - 1) >>> 1) {
        swap(at, (at - 1) >>> 1);
      }
    },
    runUntil(end) {
      for (let next = heap[0]; next !== undefined && next.time < end; next = heap[0]) {
        take();
        now = next.time;
        next.happen();
      }
      now = end;
    },
  };
}

/** Items in an order, kept while they come and go: adding or removing one looks at few of them, however many there are. */
export interface Ordered<T> {
  readonly size: number;
  readonly first: T | undefined;
  /** All of them in order. */
  all(): readonly T[];
  /** Puts an item behind those that are equal to it in the order. */
  add(item: T): void;
  addAll(items: readonly T[]): void;
  /** Takes out the very object that was added; no other that equals it in the order. */
  remove(item: T): void;
}

/** @param compare negative if `a` comes before `b`, as for `Array.sort` */
export function createOrdered<T>(compare: (a: T, b: T) => number): Ordered<T> {
  const items: T[] = [];

  /** The first place whose item `isBehind`, in an order that has all of those at its end. */
  function placeOf(isBehind: (item: T) => boolean): number {
    let from = 0;
    let to = items.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      const item = items[middle];
      if (item === undefined || isBehind(item)) to = middle;
      else from = middle + 1;
    }
    return from;
  }

  return {
    get size() {
      return items.length;
    },
    get first() {
      return items[0];
    },
    all: () => [...items],
    add(item) {
      const at = placeOf((other) => compare(other, item) > 0);
      items.splice(at, 0, item);
    },
    addAll(more) {
      for (const item of more) items.push(item);
      items.sort(compare);
    },
    remove(item) {
      const from = placeOf((other) => compare(other, item) >= 0);
      const at = items.indexOf(item, from);
      if (at >= 0) items.splice(at, 1);
    },
  };
}

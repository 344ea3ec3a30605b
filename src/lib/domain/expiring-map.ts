import { createBoundedMap } from './bounded-map.ts';

/** A bounded map of what is remembered for a while. */
export interface ExpiringMap<K, V> {
  /** The value under `key`, while its time lasts. */
  get(key: K): V | undefined;
  /** @param until when it is forgotten, on the clock of the map; at that instant it is gone */
  set(key: K, value: V, until: number): void;
  delete(key: K): void;
}

/** @param now the clock of the map, in milliseconds: the wall clock, or the one that never steps */
export function createExpiringMap<K, V>(most: number, now: () => number): ExpiringMap<K, V> {
  const entries = createBoundedMap<K, { readonly value: V; readonly until: number }>(most);
  return {
    get(key) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      if (entry.until > now()) return entry.value;
      entries.delete(key);
      return undefined;
    },
    set: (key, value, until) => entries.set(key, { value, until }),
    delete: entries.delete,
  };
}

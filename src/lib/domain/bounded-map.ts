/** A map for what is remembered of many things: past `most` of them, those are forgotten first that were set longest ago. */
export interface BoundedMap<K, V> {
  get(key: K): V | undefined;
  set(key: K, value: V): void;
  delete(key: K): void;
  keys(): Iterable<K>;
  readonly size: number;
}

/** @param mayForget false for what has to stay although it is old; then more than `most` may be kept */
export function createBoundedMap<K, V>(most: number, mayForget: (value: V) => boolean = () => true): BoundedMap<K, V> {
  const entries = new Map<K, V>();
  return {
    get: (key) => entries.get(key),
    set(key, value) {
      entries.delete(key);
      entries.set(key, value);
      for (const [oldest, old] of entries) {
        if (entries.size <= most) return;
        if (oldest !== key && mayForget(old)) entries.delete(oldest);
      }
    },
    delete: (key) => void entries.delete(key),
    keys: () => entries.keys(),
    get size() {
      return entries.size;
    },
  };
}

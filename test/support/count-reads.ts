/** Counts how often fields of objects are read, which tells how the work grows with their number, on any machine. */
export function countReads() {
  let count = 0;
  return {
    /** The same object, whose reads are counted. */
    of: <T extends object>(value: T): T =>
      new Proxy(value, {
        get(target, name, receiver) {
          count += 1;
          return Reflect.get(target, name, receiver);
        },
      }),
    /** Reads since the last call. */
    take(): number {
      const reads = count;
      count = 0;
      return reads;
    },
  };
}

/** Tasks that run side by side, to which more can be added as long as one of them is under way. */
export interface TaskGroup {
  /** Begins a task. @returns false if it is too late: all others are done, and the task is not begun */
  add(task: () => Promise<void>): boolean;
  /** Waits for all, also when one fails. @throws what the first to be added threw of those that failed */
  settled(): Promise<void>;
}

/** @param first those that keep the group open to begin with */
export function createTaskGroup(first: readonly (() => Promise<void>)[]): TaskGroup {
  const failures = new Map<number, unknown>();
  const done = Promise.withResolvers<void>();
  let added = 0;
  let open = 0;
  let isClosed = false;

  function begin(task: () => Promise<void>): void {
    const place = added++;
    open += 1;
    void task()
      .catch((error: unknown) => void failures.set(place, error))
      .finally(() => {
        open -= 1;
        if (open === 0) close();
      });
  }

  function close(): void {
    isClosed = true;
    done.resolve();
  }

  for (const task of first) begin(task);
  if (first.length === 0) close();

  return {
    add(task) {
      if (isClosed) return false;
      begin(task);
      return true;
    },
    async settled() {
      await done.promise;
      const [failed] = [...failures].sort(([one], [other]) => one - other);
      if (failed !== undefined) throw failed[1];
    },
  };
}

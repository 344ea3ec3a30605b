/** UIDs as an IMAP sequence set, ascending, neighbours joined: `1:3,7`. */
export function uidSet(uids: readonly number[]): string {
  const sorted = [...new Set(uids)].sort((a, b) => a - b);
  const runs: { first: number; last: number }[] = [];
  for (const uid of sorted) {
    const run = runs.at(-1);
    if (run !== undefined && run.last === uid - 1) run.last = uid;
    else runs.push({ first: uid, last: uid });
  }
  return runs.map(({ first, last }) => (first === last ? `${first}` : `${first}:${last}`)).join(',');
}

/** `items` in pieces of at most `size`. */
export function pieces<T>(items: readonly T[], size: number): T[][] {
  const result: T[][] = [];
  for (let start = 0; start < items.length; start += size) result.push(items.slice(start, start + size));
  return result;
}

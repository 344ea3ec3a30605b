/** Begins all tasks and waits for all, also when one fails. @throws what the first in the list that failed threw */
export async function allSettledThenThrow(tasks: readonly (() => Promise<void>)[]): Promise<void> {
  const ended = await Promise.allSettled(tasks.map((task) => task()));
  const failed = ended.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

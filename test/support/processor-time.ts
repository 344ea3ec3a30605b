/** Milliseconds of processor time that some work takes: unlike the time on the wall, the same on a machine with much else to do. */
export function processorMsOf(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

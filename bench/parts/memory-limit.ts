import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A limit on the memory of processes, as a container has it. */
export interface MemoryLimit {
  /** Runs the command after it within the limit. */
  readonly through: readonly string[];
  /** Takes the limit away; its processes have to have ended. */
  remove(): Promise<void>;
}

/** The file of a control group that bounds memory: version 1, version 2. */
const kinds = [
  { root: '/sys/fs/cgroup/memory', limit: 'memory.limit_in_bytes' },
  { root: '/sys/fs/cgroup', limit: 'memory.max' },
] as const;

/** Makes a control group with so many bytes; undefined where this user may not. */
export async function limitMemory(bytes: number): Promise<MemoryLimit | undefined> {
  for (const { root, limit } of kinds) {
    const folder = join(root, `bench-${process.pid}`);
    try {
      await mkdir(folder);
      await writeFile(join(folder, limit), String(bytes));
    } catch {
      await rmdir(folder).catch(() => undefined);
      continue;
    }
    const enter = `echo $$ > ${join(folder, 'cgroup.procs')} && exec "$@"`;
    return { through: ['sh', '-c', enter, 'sh'], remove: () => rmdir(folder) };
  }
  return undefined;
}

/** What a process has held in memory at most, and holds now; bytes. Linux tells. */
export async function memoryOf(pid: number): Promise<{ readonly most: number; readonly now: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const of = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024;
  return { most: of('VmHWM'), now: of('VmRSS') };
}

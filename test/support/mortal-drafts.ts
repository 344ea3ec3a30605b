import type { Interactive } from '../../src/lib/mailbox/session/interactive.ts';
import type { MailSession, OpenFolder } from '../../src/lib/mailbox/session/session.ts';
import type { Blobs } from '../../src/lib/store/table/blobs.ts';
import type { Table } from '../../src/lib/store/table/table.ts';
import type { Ground } from './drafts-world.ts';
import { Killed } from './mortal-store.ts';

/** Where a process dies: before or after its n-th visible step. */
export interface Death {
  readonly atStep: number;
  readonly done: boolean;
}

/** Tables, blobs and a mailbox as a process has them that may die at any write. */
export function mortalGround(
  ground: Ground,
  death: Death | undefined,
): Ground & { readonly steps: () => number; readonly isDead: () => boolean } {
  let steps = 0;
  let dead = false;
  const alive = async <T>(act: () => Promise<T>): Promise<T> => {
    if (dead) throw new Killed();
    return act();
  };
  const step = async <T>(act: () => Promise<T>): Promise<T> => {
    if (dead) throw new Killed();
    steps += 1;
    if (steps !== death?.atStep) return act();
    dead = true;
    if (death.done) await act();
    throw new Killed();
  };
  const table = (inner: Table): Table => ({
    name: inner.name,
    get: (...args) => alive(() => inner.get(...args)),
    list: (...args) => alive(() => inner.list(...args)),
    scan: () => inner.scan(),
    insert: (row) => step(() => inner.insert(row)),
    replace: (...args) => step(() => inner.replace(...args)),
    delete: (...args) => step(() => inner.delete(...args)),
    batch: (...args) => step(() => inner.batch(...args)),
  });
  const blobs: Blobs = {
    write: (name, content) => step(() => ground.blobs.write(name, content)),
    delete: (name) => step(() => ground.blobs.delete(name)),
    read: (name) => alive(() => ground.blobs.read(name)),
    list: () => ground.blobs.list(),
  };
  const folder = (inner: OpenFolder): OpenFolder => ({
    ...inner,
    append: (...args) => step(() => inner.append(...args)),
    move: (...args) => step(() => inner.move(...args)),
    expunge: (...args) => step(() => inner.expunge(...args)),
  });
  const session = (inner: MailSession): MailSession => ({
    ...inner,
    inFolder: (path, mode, work) => inner.inFolder(path, mode, (open) => work(folder(open))),
  });
  const interactive: Interactive = {
    with: (row, work, until) => ground.interactive.with(row, (inner) => work(session(inner)), until),
  };
  return {
    store: { time: ground.store.time, table: (name) => table(ground.store.table(name)) },
    ...{ blobs, interactive },
    steps: () => steps,
    isDead: () => dead,
  };
}

import { isLetThrough } from './filters.ts';
import type { Life, Lives } from './lives.ts';
import type { Physical } from './mail.ts';
import type { Ground } from './process.ts';
import type { Promises } from './promises.ts';
import type { Post } from './receiver.ts';

/** Watches what goes to a destination that fails: one message that it chokes on must not keep all others away. */
export interface Probes {
  sending(post: Post): void;
}

/** One message may be all that goes to a destination for so many times in a row; after that others had their chance. */
const mostInRow = 5;

/** @param isOrdered whether a destination gets the messages of a folder one after the other: then they have to wait */
export function createProbes(
  { scheduler }: Ground,
  promises: Promises,
  lives: Lives,
  isOrdered: (destinationId: string) => boolean,
): Probes {
  const rows = new Map<string, { readonly id: string; readonly since: number; count: number }>();
  const posted = new Map<Life, Set<Physical>>();

  /** Messages that lay behind this one all the time, and were never tried. */
  function waiting(life: Life, message: Physical, since: number): readonly Physical[] {
    const tried = posted.get(life);
    const others = message.place?.folder.messages ?? [];
    return others.filter(
      (other) =>
        !life.old.has(other) &&
        tried?.has(other) !== true &&
        !other.wasHidden &&
        other.family.length === 1 &&
        other.places.length === 1 &&
        isLetThrough(life, other) &&
        (other.place?.since ?? since) < since,
    );
  }

  return {
    sending({ destinationId, id, message, mailboxId }) {
      const before = rows.get(destinationId);
      const row = before?.id === id ? before : { id, since: scheduler.now(), count: 0 };
      rows.set(destinationId, row);
      row.count += 1;
      const life = lives.byId(mailboxId);
      if (life === undefined || message === undefined) return;
      posted.set(life, (posted.get(life) ?? new Set()).add(message));
      if (row.count <= mostInRow || isOrdered(destinationId)) return;
      const [other] = waiting(life, message, row.since);
      if (other === undefined) return;
      promises.breach(
        'one that fails keeps no others away',
        `m${message.id} is tried ${row.count} times, m${other.id} never`,
      );
    },
  };
}

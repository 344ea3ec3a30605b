import type { Lives } from './lives.ts';
import { type Physical, type Place, watchedPaths } from './mail.ts';
import type { Ground } from './process.ts';
import type { Queue } from './queue.ts';

/** What Microsoft announces: some of the mail, sooner or later, once or twice; and what others announce in its name. */
export interface Bells {
  onPlaced(message: Physical, place: Place): void;
  /** A bell rings without new mail, or without a mailbox. */
  forge(): void;
}

const nobody = 'mbx_0001_noSuchMailbox000';

export function createBells(ground: Ground, lives: Lives, queue: () => Queue): Bells {
  const { scheduler, faults } = ground;

  const ring = (mailbox: string, afterMs: number): void => {
    scheduler.after(afterMs, () => queue().put({ v: 1, kind: 'bell', mailbox, tries: 0 }));
  };

  return {
    onPlaced(message, place) {
      if (!(watchedPaths as readonly string[]).includes(place.folder.path) || !faults.strikes('bell')) return;
      // Graph may well be ahead of the mail server, which hides what is new for a while.
      const afterMs = faults.strikes('bellLate')
        ? faults.size('bellLate', 5_000, 600_000)
        : faults.size('bell', 50, 4_000);
      const copies = faults.strikes('bellTwice') ? 2 : 1;
      for (const life of lives.live().filter((one) => lives.boxOf(one) === message.mailbox)) {
        for (let copy = 0; copy < copies; copy++) ring(life.row.id, afterMs + copy * faults.size('bell', 0, 3_000));
      }
    },
    forge() {
      if (!faults.strikes('bellForged')) return;
      const ids = [nobody, ...lives.all.map(({ row }) => row.id)];
      ring(faults.pick('bellForged', ids) ?? nobody, faults.size('bellForged', 0, 20_000));
    },
  };
}

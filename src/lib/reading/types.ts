import type { Renderer } from '../delivery/events/render.ts';
import type { Clock } from '../domain/clock.ts';
import type { FolderRole } from '../domain/mail/folder.ts';
import type { Log } from '../log.ts';
import type { Interactive } from '../mailbox/session/interactive.ts';
import type { MailboxRow } from '../store/rows/rows.ts';
import type { Store } from '../store/table/table.ts';

/** A mailbox that someone reads, and until when its mail server wants to be left alone. */
export interface Reader {
  readonly row: MailboxRow;
  readonly throttledUntil: Date | undefined;
}

/** A folder, as references and answers name it. */
export interface Place {
  readonly id: string;
  readonly path: string;
  readonly role: FolderRole | undefined;
}

export interface ReadingDeps {
  readonly interactive: Interactive;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** Makes the HTML of a message safe, and links to its files. */
  readonly renderer: Renderer;
}

import type { Life, Lives } from './lives.ts';
import { type Flags, type Physical, watchedPaths } from './mail.ts';
import type { Promises } from './promises.ts';
import type { Post } from './receiver.ts';

/** What a receiver that keeps a record for each message, and follows every event once, knows of a message. */
export interface Record {
  readonly message: Physical;
  readonly path: string;
  readonly flags: Flags;
  readonly removed: boolean;
  /** Sent by force before it ever was delivered: if the answer is lost, the message is not followed any further. */
  readonly forced: boolean;
}

/** What the receivers know by what they were told. */
export interface Records {
  accepted(post: Post): void;
  /** By key. */
  of(life: Life): ReadonlyMap<string, Record>;
  /** The state in which the receiver believes the mailbox to be. */
  stateOf(life: Life): string | undefined;
}

/** Events about the state of a mailbox. */
const states: ReadonlySet<string> = new Set([
  'mailbox.connected',
  'mailbox.degraded',
  'mailbox.reconnect_required',
  'mailbox.consent_required',
  'mailbox.recovered',
  'mailbox.removed',
]);

export function createRecords(promises: Promises, lives: Lives): Records {
  const records = new Map<Life, Map<string, Record>>();
  const believed = new Map<Life, string>();
  const known = new Set<string>();

  function of(life: Life): Map<string, Record> {
    const found = records.get(life) ?? new Map<string, Record>();
    records.set(life, found);
    return found;
  }

  function change(life: Life, { type, data }: Post): void {
    const key = String(data.messageKey);
    const record = of(life).get(key);
    if (record === undefined) {
      promises.breach('changes are told of what was delivered', `${type} of ${key}, which nobody has`);
    } else if (type === 'message.removed') {
      of(life).set(key, { ...record, removed: true });
    } else {
      of(life).set(key, { ...record, path: pathOf(data), flags: flagsOf(data), removed: false });
    }
  }

  /**
   * A message that was delivered without an answer and then disappeared is reported as vanished, like one that never
   * was delivered.
   */
  function vanish(life: Life, { data }: Post): void {
    const {
      messageKey,
      ranges = [],
      folder,
    } = data as {
      readonly messageKey?: string;
      readonly ranges?: readonly { readonly from: number; readonly to: number }[];
      readonly folder: { readonly path: string };
    };
    const isNamed = ({ path, message }: Record) =>
      path === folder.path &&
      !isWatched(message.place?.folder.path) &&
      message.places.some(
        (place) => place.folder.path === path && ranges.some(({ from, to }) => place.uid >= from && place.uid <= to),
      );
    for (const [key, record] of of(life)) {
      if (key === messageKey || isNamed(record)) of(life).set(key, { ...record, removed: true });
    }
  }

  return {
    accepted(post) {
      const { type, data, id, message } = post;
      const life = lives.byId(post.mailboxId);
      // What comes again under its id is left aside, as the page for builders asks for.
      if (life === undefined || known.has(id)) return;
      known.add(id);
      if (type === 'message.received' && message !== undefined) {
        // Sent again by force it is the same message; what it says of it may be older than what was told since.
        if (of(life).has(String(data.messageKey))) return;
        of(life).set(String(data.messageKey), {
          message,
          path: pathOf(data),
          flags: flagsOf(data),
          removed: false,
          forced: typeof data.replay === 'number',
        });
      }
      if (type === 'message.updated' || type === 'message.removed') change(life, post);
      if (type === 'message.vanished') vanish(life, post);
      if (states.has(type)) believed.set(life, type);
    },
    of,
    stateOf: (life) => believed.get(life),
  };
}

const isWatched = (path: string | undefined): boolean => (watchedPaths as readonly string[]).includes(path ?? '');

const pathOf = (data: Post['data']): string => (data.folder as { readonly path: string }).path;

const flagsOf = ({ seen, flagged, answered }: Post['data']): Flags => ({
  seen: seen === true,
  flagged: flagged === true,
  answered: answered === true,
});

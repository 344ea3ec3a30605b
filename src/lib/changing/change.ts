import type { FolderChoice } from '../domain/mail/folder.ts';

/** What becomes of messages. What is left out stays; what is so already is no fault. */
export interface MessageChange {
  readonly seen?: boolean | undefined;
  readonly flagged?: boolean | undefined;
  readonly answered?: boolean | undefined;
  /** Keywords of the mail server, which not every one keeps. */
  readonly addCategories?: readonly string[] | undefined;
  readonly removeCategories?: readonly string[] | undefined;
  readonly moveTo?: FolderChoice | undefined;
  /** Permanently, without the folder for deleted messages. */
  readonly deletePermanently?: boolean | undefined;
}

/** The STORE commands of a change: at most two. */
export interface FlagChange {
  readonly change: 'add' | 'remove';
  readonly flags: readonly string[];
}

const systemFlags = { seen: '\\Seen', flagged: '\\Flagged', answered: '\\Answered' } as const;

export function flagChanges(change: MessageChange): FlagChange[] {
  const named = (wanted: boolean): string[] =>
    (['seen', 'flagged', 'answered'] as const)
      .filter((name) => change[name] === wanted)
      .map((name) => systemFlags[name]);
  const all: FlagChange[] = [
    { change: 'add', flags: [...named(true), ...(change.addCategories ?? [])] },
    { change: 'remove', flags: [...named(false), ...(change.removeCategories ?? [])] },
  ];
  return all.filter(({ flags }) => flags.length > 0);
}

/** The flags in events that the change sets. */
export const flagsOf = ({ seen, flagged, answered }: MessageChange) => ({
  ...(seen === undefined ? {} : { seen }),
  ...(flagged === undefined ? {} : { flagged }),
  ...(answered === undefined ? {} : { answered }),
});

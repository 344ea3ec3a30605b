import type { FolderRole } from './folder.ts';

export type Direction = 'in' | 'out';

/**
 * `out` for what the owner wrote. Mail to oneself is `in` where it arrived and `out` in the sent folder, so the folder
 * decides before the sender does; undefined where it does not.
 */
export function directionByFolder(role: FolderRole | undefined): Direction | undefined {
  if (role === 'sent' || role === 'drafts') return 'out';
  return role === 'inbox' || role === 'junk' ? 'in' : undefined;
}

/** @param from the sender's address; undefined if the mail names none */
export function directionOf(role: FolderRole | undefined, from: string | undefined, own: string): Direction {
  return directionByFolder(role) ?? (from?.toLowerCase() === own.toLowerCase() ? 'out' : 'in');
}

import type { FolderRole } from '../../domain/mail/folder.ts';
import type { FolderInfo } from '../session/session.ts';
import { outlookNames } from './folder-names.ts';

/** What is needed of imapflow's list entry. */
export interface ListedFolder {
  readonly path: string;
  readonly name: string;
  readonly delimiter?: string | undefined;
  readonly flags: ReadonlySet<string>;
  /** From SPECIAL-USE (RFC 6154) where the server has it, else from imapflow's own table of names. */
  readonly specialUse?: string | undefined;
}

const roles: Readonly<Record<string, FolderRole>> = {
  '\\Inbox': 'inbox',
  '\\Sent': 'sent',
  '\\Drafts': 'drafts',
  '\\Archive': 'archive',
  '\\Junk': 'junk',
  '\\Trash': 'trash',
  '\\All': 'all',
};

/**
 * Folders with their roles, each role at most once. INBOX is the inbox in every language (RFC 3501 section 5.1). For
 * the others the server's word counts first, then the name; of several by name the one nearest to the root.
 */
export function folderInfo(listed: readonly ListedFolder[]): FolderInfo[] {
  const given = new Map<FolderRole, string>();
  const inbox = listed.find((folder) => folder.path.toUpperCase() === 'INBOX');
  if (inbox !== undefined) given.set('inbox', inbox.path);
  const known = listed.map((folder) => ({ path: folder.path, role: roles[folder.specialUse ?? ''] }));
  const named = listed.map((folder) => ({ path: folder.path, role: roleByName(folder.name), depth: depth(folder) }));
  for (const { path, role } of [...known, ...named.sort((a, b) => a.depth - b.depth)]) {
    if (role !== undefined && !given.has(role) && ![...given.values()].includes(path)) given.set(role, path);
  }
  const roleOf = new Map([...given].map(([role, path]) => [path, role]));
  return listed.map((folder) => ({
    path: folder.path,
    delimiter: folder.delimiter ?? '',
    role: roleOf.get(folder.path),
    selectable: !folder.flags.has('\\Noselect') && !folder.flags.has('\\NonExistent'),
  }));
}

/** The folders that a mailbox watches unless told otherwise: inbox and sent, as far as they exist. */
export function defaultFolders(folders: readonly FolderInfo[]): FolderInfo[] {
  return (['inbox', 'sent'] as const).flatMap((role) =>
    folders.filter((folder) => folder.role === role && folder.selectable).slice(0, 1),
  );
}

const byName = new Map(
  (Object.entries(outlookNames) as [FolderRole, readonly string[]][]).flatMap(([role, names]) =>
    names.map((name) => [folded(name), role] as const),
  ),
);

const roleByName = (name: string): FolderRole | undefined => byName.get(folded(name));

/** Case, width and the invisible marks that right-to-left names carry make no difference. */
function folded(name: string): string {
  return name
    .normalize('NFKC')
    .replace(/\p{Cf}/gu, '')
    .trim()
    .toLowerCase();
}

const depth = (folder: ListedFolder): number =>
  folder.delimiter === undefined || folder.delimiter === '' ? 0 : folder.path.split(folder.delimiter).length;

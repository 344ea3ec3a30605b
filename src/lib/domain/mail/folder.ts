/** What a folder is for, independent of its name (RFC 6154 defines most of these). */
export const folderRoles = ['inbox', 'sent', 'drafts', 'archive', 'junk', 'trash', 'all'] as const;

export type FolderRole = (typeof folderRoles)[number];

/** A folder that someone wants watched: by what it is for, or by its path. */
export type FolderChoice = { readonly role: FolderRole } | { readonly path: string };

/** What every mailbox watches unless told otherwise. */
export const usualFolders: readonly FolderChoice[] = [{ role: 'inbox' }, { role: 'sent' }];

/**
 * Path and role by which a chosen folder can be watched before anyone has looked into the mailbox. Of roles only the
 * inbox has a name that is the same on every server (RFC 3501 section 5.1); '' is found by the role later.
 */
export function unseenFolder(choice: FolderChoice): { readonly path: string; readonly role: FolderRole | undefined } {
  if ('role' in choice) return { path: choice.role === 'inbox' ? 'INBOX' : '', role: choice.role };
  return isInbox(choice.path) ? { path: 'INBOX', role: 'inbox' } : { path: choice.path, role: undefined };
}

/** True if the two mean the same folder, as far as that is known. */
export function isChosen(
  choice: FolderChoice,
  folder: { readonly path: string; readonly role: FolderRole | undefined },
): boolean {
  if ('role' in choice) return folder.role === choice.role;
  return folder.path === choice.path || (isInbox(folder.path) && isInbox(choice.path));
}

const isInbox = (path: string): boolean => path.toUpperCase() === 'INBOX';

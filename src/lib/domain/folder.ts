/** What a folder is for, whatever it is called (RFC 6154 names most of these). */
export type FolderRole = 'inbox' | 'sent' | 'drafts' | 'archive' | 'junk' | 'trash' | 'all';

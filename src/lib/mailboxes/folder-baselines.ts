import { unseenFolder } from '../domain/mail/folder.ts';
import type { Probed } from '../mailbox/imap/probe.ts';
import type { FolderBaseline } from '../store/mailboxes/registry.ts';

/** The folders that a mailbox begins with, as they were found; one that is not there is looked for at every poll. */
export function folderBaselines({ watched, missing }: Pick<Probed, 'watched' | 'missing'>): readonly FolderBaseline[] {
  return [
    ...watched.map(({ path, role, uidNext, uidValidity, messages, unseen }) => ({
      path,
      role,
      status: { uidNext, uidValidity, messages, unseen },
    })),
    ...missing.map((choice) => ({ ...unseenFolder(choice), status: undefined })),
  ];
}

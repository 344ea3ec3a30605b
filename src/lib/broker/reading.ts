import { type ChangeRequest, changeMessages } from '../changing/change-messages.ts';
import type { MessageRef } from '../delivery/events/message-ref.ts';
import { createRenderer } from '../delivery/events/render.ts';
import { loadSanitizer } from '../delivery/sanitize/sanitize.ts';
import { findThread, type ThreadRequest } from '../reading/find-thread.ts';
import { type ChangesRequest, listChanges } from '../reading/list-changes.ts';
import { type FoldersRequest, listFolders } from '../reading/list-folders.ts';
import { type ListRequest, listMessages } from '../reading/list-messages.ts';
import { openFile } from '../reading/open-file.ts';
import { openMessage } from '../reading/open-message.ts';
import type { Reader, ReadingDeps } from '../reading/types.ts';
import type { Base } from './base.ts';
import type { Delivery } from './delivery.ts';
import type { MailAccess } from './mail-access.ts';
import type { Storage } from './storage.ts';

/** Mailboxes as people and programs read and change them, over HTTP. */
export function composeReading(
  { clock, log }: Pick<Base, 'clock' | 'log'>,
  { store, ownChanges }: Pick<Storage, 'store' | 'ownChanges'>,
  { interactive, attachments }: Pick<MailAccess, 'interactive' | 'attachments'>,
  { attachmentLinks }: Pick<Delivery, 'attachmentLinks'>,
) {
  const renderer = createRenderer({ log, loadSanitizer, attachmentLinks });
  const deps: ReadingDeps = { interactive, store, clock, log, renderer };
  return {
    folders: (reader: Reader, request: FoldersRequest) => listFolders(deps, reader, request),
    messages: (reader: Reader, request: ListRequest) => listMessages(deps, reader, request),
    changes: (reader: Reader, request: ChangesRequest) => listChanges(deps, reader, request),
    thread: (reader: Reader, request: ThreadRequest) => findThread(deps, reader, request),
    message: (reader: Reader, ref: MessageRef) => openMessage(deps, reader, ref),
    change: (reader: Reader, request: ChangeRequest) => changeMessages({ ...deps, ownChanges }, reader, request),
    file: (reader: Reader, ref: MessageRef, part: string | undefined) =>
      openFile({ ...deps, attachments }, reader, ref, part),
  };
}

export type Reading = ReturnType<typeof composeReading>;

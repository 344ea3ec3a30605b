import { createDraft, getDraft, putDraft } from '../drafts/drafts.ts';
import { discardDraft } from '../drafts/remove-draft.ts';
import { sendDraft } from '../drafts/send-draft.ts';
import { settleDraft } from '../drafts/settle-draft.ts';
import type { DraftDeps } from '../drafts/types.ts';
import { createWorkingCopies } from '../drafts/working-copy.ts';
import { readerOf } from '../reading/reader-of.ts';
import type { Reader } from '../reading/types.ts';
import { draftWakeUp } from '../store/submissions/draft.ts';
import { createDraftRows } from '../store/submissions/drafts.ts';
import type { Base } from './base.ts';
import type { MailAccess } from './mail-access.ts';
import type { Sending } from './sending.ts';
import type { Storage } from './storage.ts';

/** Drafts: of the mailbox, seen in Outlook, and saved while they are written. */
export function composeDrafting(
  { clock, random, log }: Pick<Base, 'clock' | 'random' | 'log'>,
  {
    store,
    sealer,
    blobs,
    registry,
    queue,
  }: Pick<Storage, 'store' | 'sealer' | 'blobs'> & {
    readonly registry: Pick<Storage['registry'], 'get'>;
    readonly queue: Pick<Storage['queue'], 'send'>;
  },
  { interactive }: Pick<MailAccess, 'interactive'>,
  sending: Pick<Sending, 'uploads' | 'intake' | 'settings' | 'composePorts' | 'send' | 'submissions'>,
) {
  const rows = createDraftRows({ store, clock, random });
  const deps: DraftDeps = {
    ...{ rows, interactive, clock, random, log },
    copies: createWorkingCopies({ blobs, sealer, random }),
    uploads: sending.uploads,
    staging: sending.intake.files,
    settings: sending.settings,
    ports: sending.composePorts,
    sender: sending,
    submission: sending.submissions.read,
    async reader(mailboxId) {
      const view = await registry.get(mailboxId);
      return view && readerOf(view);
    },
    wake: (mailboxId, draftId, delayMs) => queue.send(draftWakeUp(mailboxId, draftId), delayMs),
  };
  return {
    create: (reader: Reader, fields: Parameters<typeof createDraft>[2]) => createDraft(deps, reader, fields),
    get: (reader: Reader, id: string) => getDraft(deps, reader, id),
    put: (reader: Reader, id: string, change: Parameters<typeof putDraft>[3]) => putDraft(deps, reader, id, change),
    discard: (reader: Reader, id: string, base: number | undefined) => discardDraft(deps, reader, id, base),
    send: (reader: Reader, id: string, wish: Parameters<typeof sendDraft>[3]) => sendDraft(deps, reader, id, wish),
    page: rows.page,
    /** Looks after one draft, as the queue asks for it. @throws BrokerError `storage_unreachable` | `conflict` */
    settle: (mailboxId: string, id: string) => settleDraft(deps, mailboxId, id),
  };
}

export type Drafting = ReturnType<typeof composeDrafting>;

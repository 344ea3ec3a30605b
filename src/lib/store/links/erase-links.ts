import { z } from 'zod';
import { isStoreError, type Store, type StoredRow, type TableName } from '../table/table.ts';

/** Erases the links and sign-ins that name a mailbox: they hold its address. Safe to repeat. */
export type EraseLinks = (mailboxId: string) => Promise<void>;

const resultForm = z.object({ mailboxId: z.string() });

/** Whether a row is for the mailbox, or has led to it. */
function isAbout({ values }: StoredRow, mailboxId: string): boolean {
  if (values.mailboxId === mailboxId) return true;
  // The id has a form that occurs nowhere else, so that most rows need no parsing.
  if (typeof values.result !== 'string' || !values.result.includes(mailboxId)) return false;
  return resultForm.safeParse(JSON.parse(values.result)).data?.mailboxId === mailboxId;
}

// Someone is just coming back with one of them; what she writes is there at the second look.
const looks = 3;

export function createEraseLinks(store: Store): EraseLinks {
  async function eraseIn(name: TableName, mailboxId: string): Promise<boolean> {
    const table = store.table(name);
    let isDone = true;
    for await (const row of table.scan()) {
      if (!isAbout(row, mailboxId)) continue;
      try {
        await table.delete(row.partitionKey, row.rowKey, row.etag);
      } catch (error) {
        if (!isStoreError(error, 'conflict')) throw error;
        isDone = false;
      }
    }
    return isDone;
  }

  return async (mailboxId) => {
    for (const name of ['tickets', 'states'] as const) {
      // What changes even then is swept a day after its time.
      for (let look = 1; look <= looks && !(await eraseIn(name, mailboxId)); look += 1);
    }
  };
}

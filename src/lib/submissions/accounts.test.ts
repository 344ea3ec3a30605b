import { expect, it } from 'vitest';
import { sendingMailbox } from '../../../test/support/rows.ts';
import { laneOf } from '../store/submissions/submission-keys.ts';
import { createAccounts } from './accounts.ts';

it('leaves a mailbox that has moved to another grant to the lane of that grant, though the list of the old one still has it', async () => {
  const own = sendingMailbox;
  const moved = { ...own, id: own.id.replace(/.$/, 'Z'), grant: { kind: 'app', tid: own.grant.tid } } as const;
  const rows = [own, moved];
  const accounts = createAccounts({
    mailbox: async (id) => rows.find((row) => row.id === id),
    grants: { mailboxesOf: async () => rows.map(({ id }) => id) },
  });
  expect(await accounts.mailboxesOf(laneOf(own))).toEqual([own]);
  expect(await accounts.mailboxesOf(laneOf(moved))).toEqual([moved]);
});

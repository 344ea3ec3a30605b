import { describe, expect, it } from 'vitest';
import { sendingMailbox } from '../../../test/support/rows.ts';
import type { MailboxRow } from '../store/rows/rows.ts';
import { laneOf } from '../store/submissions/submission-keys.ts';
import { createAccounts } from './accounts.ts';

const ada = sendingMailbox;
const support: MailboxRow = {
  ...ada,
  id: 'mbx_0007_supportsupport00',
  address: 'support@contoso.example',
  shared: true,
};
const tickets: MailboxRow = {
  ...{ ...ada, id: 'mbx_0007_ticketstickets00', address: 'tickets@contoso.example', login: 'tickets@contoso.example' },
  grant: { kind: 'app', tid: ada.grant.tid },
};

/** @param removed the ids of mailboxes that are not there any more */
const accounts = (removed: readonly string[] = []) => {
  const rows = [ada, support, tickets].filter(({ id }) => !removed.includes(id));
  return createAccounts({
    mailbox: async (id) => rows.find((row) => row.id === id),
    grants: {
      mailboxesOf: async (key) =>
        [ada, support].filter(({ grant }) => grant === key || key.tid === grant.tid).map(({ id }) => id),
    },
  });
};
const ids = (list: readonly MailboxRow[]) => list.map(({ id }) => id);

describe('the account that signs in to send', () => {
  it('is the person for her own mailbox and for a shared one, which both send through one lane', async () => {
    expect(laneOf(support)).toBe(laneOf(ada));
    expect(ids(await accounts().mailboxesOf(laneOf(ada)))).toEqual([ada.id, support.id]);
    expect(await accounts().of(support)).toEqual({ mailbox: support, login: ada.login });
    expect(await accounts().of(ada)).toEqual({ mailbox: ada, login: ada.login });
  });

  it('is a mailbox itself where the app opens it', async () => {
    expect(ids(await accounts().mailboxesOf(laneOf(tickets)))).toEqual([tickets.id]);
    expect(await accounts().of(tickets)).toEqual({ mailbox: tickets, login: tickets.login });
  });

  it('is that of the grant that a mailbox has moved to, though the old one still lists it', async () => {
    const moved: MailboxRow = { ...support, shared: false, grant: { kind: 'app', tid: ada.grant.tid } };
    const after = createAccounts({
      mailbox: async (id) => [ada, moved].find((row) => row.id === id),
      grants: { mailboxesOf: async () => [ada.id, moved.id] },
    });
    expect(ids(await after.mailboxesOf(laneOf(ada)))).toEqual([ada.id]);
    expect(ids(await after.mailboxesOf(laneOf(moved)))).toEqual([moved.id]);
  });

  it('is that of no mailbox that was removed', async () => {
    expect(ids(await accounts([ada.id]).mailboxesOf(laneOf(ada)))).toEqual([support.id]);
    expect(ids(await accounts([tickets.id]).mailboxesOf(laneOf(tickets)))).toEqual([]);
    expect(ids(await accounts().mailboxesOf('nonsense'))).toEqual([]);
  });
});

describe('the copies of what was sent', () => {
  it('lie in Sent of the person who signed in, too, where the mailbox is shared', async () => {
    expect(ids(await accounts().copiesAlsoIn(support))).toEqual([ada.id]);
    expect(ids(await accounts([ada.id]).copiesAlsoIn(support))).toEqual([]);
  });

  it.each([
    ['a person’s own', ada],
    ['one that the app opens', tickets],
  ])('lie in no other mailbox than %s', async (_what, row) => {
    expect(ids(await accounts().copiesAlsoIn(row))).toEqual([]);
  });
});

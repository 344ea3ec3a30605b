import { isBrokerError } from '../../../src/lib/errors.ts';
import type { GrantRef, MailboxRow } from '../../../src/lib/store/rows/rows.ts';
import { createSendingSettings } from '../../../src/lib/store/submissions/sending-settings.ts';
import type { Person } from '../admin.ts';
import type { createApi } from '../app.ts';
import { dice as diceOf } from '../dice.ts';
import type { Ground } from '../process.ts';

/** A mailbox that has no person of its own. */
export interface SharedMailbox {
  /** By what it is opened now. */
  grant(): GrantRef;
  /** From the next connect on it is opened by someone else, or by the app. */
  move(): void;
  /** A person has signed in: what is opened through her is looked at again, as src/lib/connect/finish.ts has it. */
  wakeThrough(api: ReturnType<typeof createApi>, own: MailboxRow): Promise<void>;
  /** Says where its copies lie. */
  setUp(api: ReturnType<typeof createApi>, mailbox: MailboxRow): Promise<void>;
}

export function createSharedMailbox({ seed, faults }: Ground, people: readonly Person[]): SharedMailbox {
  const dice = diceOf(`${seed}/shared mailbox`);
  const persons = people.filter(({ isShared }) => isShared !== true);
  const tid = persons[0]?.tid ?? '';
  const grants: readonly GrantRef[] = [
    { kind: 'app', tid },
    ...persons.map(({ oid }) => ({ kind: 'user', tid, oid }) as const),
  ];
  const sentCopyIn = dice.chance(0.8) ? 'mailbox' : 'account';
  let grant: GrantRef = (dice.chance(0.75) ? grants[1] : grants[0]) ?? { kind: 'app', tid };
  return {
    grant: () => grant,
    move() {
      grant = faults.pick('sendMoved', grants) ?? grant;
    },
    async wakeThrough({ grants, registry }, own) {
      if (persons.length === people.length || own.grant.kind === 'app') return;
      for (const id of await grants.mailboxesOf(own.grant)) {
        try {
          if (id !== own.id) await registry.ask(id);
        } catch (error) {
          if (!isBrokerError(error, 'not_found')) throw error;
        }
      }
    },
    setUp: async (api, { id }) => {
      await createSendingSettings(api).change(id, { sentCopyIn });
    },
  };
}

import { type FolderChoice, usualFolders } from '../domain/mail/folder.ts';
import type { SignedIn } from '../entra/types.ts';
import { BrokerError, type ErrorCode, isBrokerError } from '../errors.ts';
import { isUnreachable } from '../mailbox/imap/probe.ts';
import { folderBaselines } from '../mailboxes/folder-baselines.ts';
import { syncFromOf } from '../mailboxes/sync-from.ts';
import type { SignInStateRow } from '../store/links/sign-in-states.ts';
import type { StoredTicket, TicketResult, TicketRow } from '../store/links/tickets.ts';
import {
  type FolderBaseline,
  MailboxTaken,
  type UpsertedMailbox,
  type UpsertInput,
} from '../store/mailboxes/registry.ts';
import { untilSettled } from '../store/table/modify.ts';
import type { Wanted } from './choose-mailbox.ts';
import { sameAddress } from './identity.ts';
import type { ConnectDeps } from './ports.ts';
import { recognise } from './recognise.ts';

type FinishDeps = Pick<
  ConnectDeps,
  'clock' | 'random' | 'grants' | 'probe' | 'registry' | 'tickets' | 'findAddresses' | 'log' | 'placed'
>;

/**
 * From a redeemed code to a connected mailbox: person recognised, grant stored, mailbox looked into, ticket taken, mailbox
 * placed, ticket spent. Any step may be the last, and all may be repeated, by the same sign-in or by another one.
 * @throws WrongAccount; MailboxTaken; BrokerError `account_recreated`, `imap_refused`, `link_spent` and what the parts throw
 */
export async function finishConnect(
  deps: FinishDeps,
  state: SignInStateRow,
  ticket: TicketRow,
  signedIn: SignedIn,
): Promise<TicketResult> {
  const { grants } = deps;
  const { person, wanted } = await recognise(deps, state, ticket, signedIn);

  await grants.connected(person);
  const looked = await lookInside(deps, wanted, person, ticket.folders);
  const taken = await take(deps, state, ticket, wanted.address);
  if (taken.row.result !== undefined) return taken.row.result;

  const { mailbox } = await upsertMailbox(deps, person, {
    grant: { kind: 'user', tid: person.tid, oid: person.oid },
    address: wanted.address,
    shared: wanted.shared,
    ...looked,
    destinationId: ticket.destinationId,
    label: ticket.label,
    ownerRef: ticket.ownerRef,
    syncFrom: syncFromOf(ticket.syncFrom, new Date(deps.clock.now())),
    filter: ticket.filter,
    mailboxId: ticket.mailboxId,
    ...(ticket.kind === 'connect' ? { namesOnlyAt: ticket.destinationId } : {}),
  });
  await wakeOthers(deps, person, mailbox.id);
  await deps.placed?.(mailbox.id);
  const result = { mailboxId: mailbox.id, address: mailbox.address };
  await spend(deps, taken, result);
  return result;
}

/** One sign-in carries all mailboxes of its grant: those that stopped with the old one continue with the new one. */
async function wakeOthers({ grants, registry }: FinishDeps, person: SignedIn, placed: string): Promise<void> {
  for (const id of await grants.mailboxesOf(person)) {
    try {
      if (id !== placed) await registry.ask(id);
    } catch (error) {
      if (!isBrokerError(error, 'not_found')) throw error;
    }
  }
}

// Each round loses to a removal of its own mailbox, which cannot happen that often.
const placements = 3;

/**
 * Places the mailbox. The grant goes with the last mailbox that it carried: one that was removed after this sign-in had
 * found it takes the grant along, and then what the sign-in brought is stored once more.
 */
async function upsertMailbox(deps: FinishDeps, person: SignedIn, input: UpsertInput): Promise<UpsertedMailbox> {
  for (let round = 1; ; round += 1) {
    try {
      return await deps.registry.upsert(input);
    } catch (error) {
      // Two accounts with one name: the first was deleted, or the name was given to the second.
      if (error instanceof MailboxTaken && error.isOwn && sameAddress(error.heldBy, error.askedBy)) {
        throw new BrokerError('account_recreated', { cause: error });
      }
      if (round === placements || !isBrokerError(error, 'grant_missing')) throw error;
      await deps.grants.connected(person);
    }
  }
}

interface Looked {
  /** The log-in name that opened it, or is to be tried first once the server can be reached. */
  readonly login: string;
  readonly folders: readonly FolderBaseline[];
  /** '' if it was opened, else why not yet. */
  readonly code: ErrorCode | '';
}

/**
 * Where the folders stand; by date, later, if the server cannot be asked now. Of several log-in names the first that
 * opens the mailbox counts.
 * @throws BrokerError if the server says no, or the mailbox must open and did not
 */
async function lookInside(
  deps: FinishDeps,
  wanted: Wanted,
  person: SignedIn,
  choices: readonly FolderChoice[] | undefined,
): Promise<Looked> {
  const failures: { readonly login: string; readonly error: BrokerError }[] = [];
  for (const login of wanted.logins) {
    try {
      const probed = await deps.probe({ login, accessToken: person.accessToken }, { choices });
      // The first poll reports the missing folder, and the caller can choose another.
      const code = probed.missing.length > 0 ? 'folder_missing' : '';
      return { login, folders: folderBaselines(probed), code };
    } catch (error) {
      if (!isBrokerError(error)) throw error;
      failures.push({ login, error });
      // Both are said of a name that is not the mailbox's; after anything else another name would fare no better.
      if (!isBrokerError(error, 'imap_refused', 'imap_not_connected')) break;
    }
  }
  const passing = failures.find(({ error }) => isUnreachable(error));
  if (passing === undefined || wanted.mustOpen) throw failures[0]?.error ?? new BrokerError('imap_refused');
  deps.log.warn('connect.mailbox_not_reached', { code: passing.error.code });
  const folders = folderBaselines({ watched: [], missing: choices ?? usualFolders });
  return { login: passing.login, folders, code: passing.error.code };
}

/**
 * Notes on the ticket which sign-in uses it, and for which address. Another sign-in may take it over for the same
 * address (the person started over on another device), never for another one: one link, one mailbox.
 * @throws BrokerError `link_spent` if it serves or has served another address
 */
async function take(
  deps: FinishDeps,
  state: SignInStateRow,
  ticket: TicketRow,
  address: string,
): Promise<StoredTicket> {
  // Two callbacks at once: the second one looks again.
  return untilSettled(deps, async () => {
    const stored = await deps.tickets.get(ticket.key);
    if (stored === undefined) throw new BrokerError('link_invalid');
    const { takenBy, result } = stored.row;
    if (result !== undefined && !sameAddress(result.address, address)) throw new BrokerError('link_spent');
    if (result !== undefined) return stored;
    if (takenBy !== undefined && !sameAddress(takenBy.address, address)) throw new BrokerError('link_spent');
    return deps.tickets.replace({ ...stored.row, takenBy: { state: state.key, address } }, stored.etag);
  });
}

async function spend(deps: FinishDeps, taken: StoredTicket, result: TicketResult): Promise<void> {
  const { tickets } = deps;
  let known: StoredTicket | undefined = taken;
  await untilSettled(deps, async () => {
    // Taken over by another sign-in for the same address: the mailbox is the same one. Or erased with a mailbox that was
    // removed at the same moment, so it cannot be used again.
    const stored = known ?? (await tickets.get(taken.row.key));
    known = undefined;
    if (stored?.row.status === 'open') await tickets.replace({ ...stored.row, status: 'spent', result }, stored.etag);
  });
}

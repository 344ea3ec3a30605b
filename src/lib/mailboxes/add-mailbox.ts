import { type Caller, isLimited, maySeeMailbox } from '../access/caller.ts';
import type { Clock } from '../domain/clock.ts';
import type { MailboxFilter } from '../domain/mail/filter.ts';
import type { FolderChoice } from '../domain/mail/folder.ts';
import { asciiAddress } from '../domain/mail/mail-address.ts';
import type { AdminConsent } from '../entra/admin-consent.ts';
import { BrokerError, isBrokerError } from '../errors.ts';
import type { Audit } from '../store/deployment/audit.ts';
import { type Grants, grantKeyOf } from '../store/grants/grants.ts';
import type { MailboxView, Registry, UpsertedMailbox, UpsertInput } from '../store/mailboxes/registry.ts';
import type { GrantRef, MailboxRow } from '../store/rows/rows.ts';
import { chooseDestination, type DestinationLookup } from './choose-destination.ts';
import type { OpenMailbox } from './open-mailbox.ts';
import { type SyncFrom, syncFromOf } from './sync-from.ts';

/** A mailbox without a sign-in of its own, as in POST mailboxes. */
export interface NewMailbox {
  readonly address: string;
  /**
   * A connected mailbox through whose person's sign-in it is read. Without it the app opens it with its own permission.
   */
  readonly viaMailboxId?: string | undefined;
  readonly auth?: 'app' | 'delegated' | undefined;
  /** Of several tenants: whose mailbox it is, where the app opens it. */
  readonly tenantId?: string | undefined;
  /** Log-in name, where it is not the address. */
  readonly login?: string | undefined;
  readonly destinationId?: string | undefined;
  readonly label?: string | undefined;
  readonly ownerRef?: string | number | undefined;
  /** The month before unless given; one that is connected already keeps its own. */
  readonly syncFrom?: SyncFrom | undefined;
  /** Inbox and sent unless given; one that is connected already keeps its own. */
  readonly folders?: readonly FolderChoice[] | undefined;
  /** In place of the one that a mailbox has which is connected already. */
  readonly filter?: MailboxFilter | undefined;
}

/** Something that is well now and will not stay so for ever. */
export interface Warning {
  readonly code: string;
  readonly detail: string;
  readonly remedy: string;
}

export interface AddedMailbox {
  readonly outcome: UpsertedMailbox['outcome'];
  readonly view: MailboxView;
  readonly warnings: readonly Warning[];
}

export type AddMailbox = (wanted: NewMailbox, caller: Caller) => Promise<AddedMailbox>;

export interface AddMailboxDeps {
  readonly clock: Clock;
  readonly audit: Audit;
  readonly destinations: DestinationLookup;
  readonly adminConsent: AdminConsent;
  readonly registry: Pick<Registry, 'get' | 'upsert' | 'find' | 'patch'>;
  readonly grants: Pick<Grants, 'read' | 'note' | 'openApp'>;
  readonly openMailbox: OpenMailbox;
  /** Told of each mailbox that was added or opened anew: its notifications are asked for now. Never rejects. */
  readonly added: (mailboxId: string) => Promise<void>;
}

const invalid = (field: string, message: string): BrokerError =>
  new BrokerError('invalid_request', { fields: [{ field, message }] });

/**
 * Adds a mailbox without a sign-in of its own: a shared one through a person's sign-in, or one that the app opens with
 * its own permission. It must open first. An existing one continues from its position, under the grant that is named
 * now.
 * @throws BrokerError `invalid_request`, `key_limited`, `not_found`, `destination_ambiguous`, `shared_access_missing`,
 * `app_access_missing`, MailboxTaken, and what a token request or the mail server throw
 */
export function createAddMailbox(deps: AddMailboxDeps): AddMailbox {
  const { registry, destinations, audit } = deps;

  async function add(wanted: NewMailbox, caller: Caller): Promise<AddedMailbox> {
    // A key that is limited to mailboxes cannot know a new one.
    if (caller.mailboxes !== undefined) throw new BrokerError('key_limited');
    const via = await viaOf(deps, wanted, caller);
    // Nor does one that is limited to destinations list a mailbox whose sign-in it could use, let alone all that the app opens.
    if (isLimited(caller)) throw new BrokerError('key_limited');
    const grant = via?.grant ?? appGrant(deps, wanted);
    // As the mail server knows it.
    const address = asciiAddress(wanted.address);
    const existing = await registry.find(grant.tid, address);
    const destinationId =
      existing !== undefined && wanted.destinationId === undefined
        ? existing.row.destinationId
        : await chooseDestination(destinations, wanted.destinationId, caller);

    const login = asciiAddress(wanted.login ?? address);
    if (grant.kind === 'app') await askAnew(deps, grant);
    const folders = await deps.openMailbox(grant, login, wanted.folders);
    const placed = await upsertMailbox(deps, {
      grant,
      address,
      login,
      shared: grant.kind === 'user',
      folders,
      destinationId,
      label: wanted.label,
      ownerRef: wanted.ownerRef,
      syncFrom: syncFromOf(wanted.syncFrom, new Date(deps.clock.now())),
      filter: wanted.filter,
    });
    const { id } = placed.mailbox;
    const isNew = placed.outcome === 'connected';
    const change = {
      ...(placed.mailbox.destinationId === destinationId ? {} : { destinationId }),
      ...(isNew || wanted.filter === undefined ? {} : { filter: wanted.filter }),
    };
    const view = Object.keys(change).length === 0 ? await registry.get(id) : await registry.patch(id, change);
    // Removed in the same moment.
    if (view === undefined) throw new BrokerError('conflict');
    await deps.added(id);
    return { outcome: placed.outcome, view, warnings: via === undefined ? [] : [dependsOn(via)] };
  }

  return (wanted, caller) =>
    audit.audited(
      { actor: caller.keyId, action: 'mailbox.add' },
      () => add(wanted, caller),
      ({ view }) => ({ mailboxId: view.row.id }),
    );
}

/** The mailbox through whose person it is read; undefined where the app opens it. */
async function viaOf({ registry }: AddMailboxDeps, wanted: NewMailbox, caller: Caller) {
  const { viaMailboxId, auth } = wanted;
  if (viaMailboxId === undefined) {
    if (auth === 'delegated') {
      throw invalid('viaMailboxId', 'Set it to the connected mailbox of the person who may open this one.');
    }
    return undefined;
  }
  if (auth === 'app') throw invalid('auth', 'Is either app, or the mailbox is read through viaMailboxId.');
  if (wanted.tenantId !== undefined) throw invalid('tenantId', 'Follows from viaMailboxId.');
  const found = await registry.get(viaMailboxId);
  if (found === undefined || !maySeeMailbox(caller, found.row)) {
    throw new BrokerError('not_found', { detail: 'There is no mailbox with the id in viaMailboxId.' });
  }
  const { grant } = found.row;
  if (grant.kind === 'app') {
    throw invalid('viaMailboxId', 'Is a mailbox opened with app permissions. Omit it, and the app opens this one too.');
  }
  return { grant, address: found.row.address };
}

function appGrant({ adminConsent }: AddMailboxDeps, { tenantId }: NewMailbox): GrantRef {
  const named = adminConsent.tenantFor(tenantId);
  if ('fault' in named) throw invalid('tenantId', named.fault);
  if (named.tenant === 'organizations') {
    throw invalid('tenantId', 'Set it to the tenant of the mailbox: this broker serves several.');
  }
  return { kind: 'app', tid: named.tenant };
}

/** Consent may just have been given: what was refused before is asked again. */
async function askAnew({ grants }: AddMailboxDeps, grant: GrantRef): Promise<void> {
  await grants.openApp(grant.tid);
  const known = await grants.read(grantKeyOf(grant));
  if (known?.status === 'consent_required') await grants.note(known, { retryAt: null });
}

const placements = 3;

/** The app's permission goes with its last mailbox; one that was removed meanwhile takes it along. */
async function upsertMailbox({ registry, grants }: AddMailboxDeps, input: UpsertInput): Promise<UpsertedMailbox> {
  for (let round = 1; ; round += 1) {
    try {
      return await registry.upsert(input);
    } catch (error) {
      const isAppGone = input.grant.kind === 'app' && isBrokerError(error, 'grant_missing');
      if (!isAppGone || round === placements) throw error;
      await grants.openApp(input.grant.tid);
    }
  }
}

const dependsOn = ({ address }: Pick<MailboxRow, 'address'>): Warning => ({
  code: 'depends_on_person',
  detail: `This mailbox is read with the sign-in of ${address}. It stops if that person leaves, loses access to it or is disconnected.`,
  remedy:
    'Give the app access in Exchange and add the mailbox again with "auth": "app": it continues where it stopped.',
});

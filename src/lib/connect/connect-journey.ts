import { authorizeFailure, claimsOf, answerOf as entraAnswerOf } from '../entra/classify.ts';
import { isErrorCode } from '../error-codes.ts';
import { BrokerError, type ErrorCode, isBrokerError } from '../errors.ts';
import type { AdminLink, PageContent } from '../pages/pages.ts';
import type { SignInResult, SignInSecrets, SignInStateRow } from '../store/links/sign-in-states.ts';
import type { TicketRow } from '../store/links/tickets.ts';
import { MailboxTaken } from '../store/mailboxes/registry.ts';
import { isStoreError } from '../store/table/table.ts';
import { consentLinkLifetime, consentLinkOf, createConsentTicketMaker } from './create-consent-link.ts';
import { deadLink } from './dead-link.ts';
import { finishConnect } from './finish.ts';
import { type Conclusion, type Journey, type Refusal, refusalIn } from './journey.ts';
import { openConsentTicket } from './open-consent-ticket.ts';
import { type ConnectDeps, startActionOf } from './ports.ts';
import { WrongAccount } from './recognise.ts';
import { goodReturnUrl, withResult } from './return-url.ts';
import { tripToMicrosoft } from './sign-in-trip.ts';
import { syncStart } from './sync-start.ts';
import type { Step } from './types.ts';

/** Codes that leave nothing to start again. */
const linkIsDead: ReadonlySet<ErrorCode> = new Set(['link_invalid', 'link_expired', 'link_spent']);

/**
 * Codes after which the owner can forward a link to an administrator. Who meets Microsoft's page "Need admin approval"
 * and returns from it comes back as someone who declined.
 */
const askAdmin: ReadonlySet<ErrorCode> = new Set([
  'admin_consent_required',
  'consent_missing',
  'app_not_in_tenant',
  'sign_in_declined',
]);

type Answer = { readonly kind: 'code'; readonly code: string } | ({ readonly kind: 'refusal' } & Refusal);

/** RFC 6749 section 4.1.2: a code or an error, not both; the answer to another question has neither. */
function answerOf(query: URLSearchParams): Answer | undefined {
  const code = query.get('code') ?? '';
  const refusal = refusalIn(query);
  if (query.has('admin_consent') || (code === '') === (refusal === undefined)) return undefined;
  return refusal === undefined ? { kind: 'code', code } : { kind: 'refusal', ...refusal };
}

/** The way back of a person who connects a mailbox. */
export async function connectJourney(
  deps: ConnectDeps,
  state: SignInStateRow,
  secrets: SignInSecrets,
): Promise<Journey> {
  const { config, clock, tickets } = deps;
  const ticket = (await tickets.get(state.ticket))?.row;
  const returnUrl = goodReturnUrl(ticket, config.returnOrigins);

  function page(content: Extract<PageContent, { kind: 'failed' }>): Step {
    const isGood =
      ticket?.status === 'open' && ticket.expiresAt.getTime() > clock.now() && !linkIsDead.has(content.code);
    const start = isGood ? { action: startActionOf(config.publicUrl), token: secrets.token } : undefined;
    return { kind: 'page', content: { ...content, start } };
  }

  async function end({ result, consentToken }: Conclusion): Promise<Step> {
    const forAdmin = await adminLink(deps, consentToken);
    // A link for an administrator opens something: it stands on a page of ours, and never in someone else's address.
    if (returnUrl !== undefined && forAdmin === undefined) {
      return { kind: 'redirect', location: withResult(returnUrl, result) };
    }
    if (result.kind === 'connected') {
      const destination = ticket && (await deps.destinations.get(ticket.destinationId));
      const receiver = destination && new URL(destination.url).origin;
      const start = ticket && syncStart(ticket);
      return { kind: 'page', content: { kind: 'connected', address: result.address, receiver, syncStart: start } };
    }
    const failed = result.kind === 'failed' ? result : { code: 'internal_error' };
    return page({
      kind: 'failed',
      // A code as it was stored; one that this version does not know counts as a fault of ours.
      code: isErrorCode(failed.code) ? failed.code : 'internal_error',
      number: 'number' in failed ? failed.number : undefined,
      addresses: 'addresses' in failed ? failed.addresses : undefined,
      adminLink: forAdmin,
      back: returnUrl === undefined ? undefined : withResult(returnUrl, result),
    });
  }

  return {
    conclude(query) {
      const answer = answerOf(query);
      if (answer === undefined) return undefined;
      const trip = { state, secrets, ticket, answer };
      return async () => (await askForLess(deps, trip)) ?? conclude(deps, trip, query.get('state') ?? '');
    },
    async resultElsewhere() {
      const now = (await tickets.get(state.ticket))?.row;
      if (now?.result === undefined) return undefined;
      return now.takenBy?.state === state.key
        ? { kind: 'connected', ...now.result }
        : { kind: 'failed', code: 'link_spent' };
    },
    restart: () => page({ kind: 'failed', code: deadLink(ticket, clock.now()) ?? 'sign_in_restart' }),
    end,
  };
}

interface Trip {
  readonly state: SignInStateRow;
  readonly secrets: SignInSecrets;
  readonly ticket: TicketRow | undefined;
  readonly answer: Answer;
}

/** Codes by which Microsoft may mean a permission that the broker can do without. */
const mayBeOptional: ReadonlySet<ErrorCode> = new Set([...askAdmin, 'app_permissions_broken', 'scope_refused']);

/**
 * Permissions for mail by Graph are asked for in the same sign-in, and must keep no mailbox out: where the sign-in was
 * refused with them, it is begun once more without.
 */
async function askForLess(deps: ConnectDeps, { secrets, ticket, answer }: Trip): Promise<Conclusion | undefined> {
  if (answer.kind === 'code' || !deps.signIn.hasOptionalScopes || secrets.leastScopes === true) return undefined;
  const { code } = authorizeFailure(answer);
  const isOpen = ticket !== undefined && ticket.status === 'open' && ticket.expiresAt.getTime() > deps.clock.now();
  if (!isOpen || !mayBeOptional.has(code)) return undefined;
  deps.log.warn('connect.asked_for_less', { code });
  const again = await tripToMicrosoft(deps, { ticket, token: secrets.token, leastScopes: true });
  // Loading this answer again starts over.
  return { result: { kind: 'failed', code: 'sign_in_restart' }, again };
}

/** The result, logged and stored. Only unforeseen errors are thrown, and leave the sign-in without a result. */
async function conclude(deps: ConnectDeps, trip: Trip, stateText: string): Promise<Conclusion> {
  const known = trip.ticket?.mailboxId;
  try {
    const { mailboxId, address } = await deps.audit.audited(
      { actor: 'owner', action: 'mailbox.connect', ...(known === undefined ? {} : { mailboxId: known }) },
      () => connect(deps, trip, stateText),
      (connected) => ({ mailboxId: connected.mailboxId }),
    );
    deps.log.info('connect.finished', { mailboxId });
    return { result: { kind: 'connected', mailboxId, address } };
  } catch (error) {
    if (!isBrokerError(error) || error.code === 'storage_unreachable') throw error;
    const said = entraAnswerOf(error);
    if (error.status >= 500) deps.log.error('connect.failed', error, { who: error.who });
    else {
      const { code, who } = error;
      deps.log.warn('connect.failed', { code, who, microsoft: said?.text, heldAs: holderOf(error) });
    }
    await keepClaims(deps, trip, error);
    const addresses = addressesIn(error);
    const result: SignInResult = { kind: 'failed', code: error.code, number: said?.number, addresses };
    return { result, consentToken: await consentToken(deps, trip, error.code) };
  }
}

async function connect(deps: ConnectDeps, { state, secrets, ticket, answer }: Trip, stateText: string) {
  if (ticket === undefined) throw new BrokerError('link_invalid');
  if (ticket.status === 'spent') throw new BrokerError('link_spent');
  if (answer.kind === 'refusal') throw authorizeFailure(answer);
  const person = await deps.signIn.finish({
    code: answer.code,
    state: stateText,
    redirectUri: state.redirectUri,
    verifier: secrets.verifier,
    nonce: secrets.nonce,
  });
  return finishConnect(deps, state, ticket, person);
}

/** What Microsoft missed in this sign-in is asked for in the next one, as after a renewal that it refused. */
async function keepClaims(deps: ConnectDeps, { ticket }: Trip, error: BrokerError): Promise<void> {
  const claims = claimsOf(error);
  if (claims === undefined || ticket === undefined) return;
  try {
    const stored = await deps.tickets.get(ticket.key);
    if (stored?.row.status === 'open') await deps.tickets.replace({ ...stored.row, claims }, stored.etag);
  } catch (failure) {
    // Another sign-in with this link was faster: it brings what it was asked for.
    if (!isStoreError(failure, 'conflict', 'missing')) throw failure;
  }
}

/** Id of the mailbox that stands in the way, for anyone who is to remove it. */
function holderOf(error: BrokerError): string | undefined {
  const taken = error instanceof MailboxTaken ? error : error.cause;
  return taken instanceof MailboxTaken ? taken.mailboxId : undefined;
}

function addressesIn(error: BrokerError): { expected: string; actual: string } | undefined {
  if (error instanceof WrongAccount) return error.addresses;
  if (error instanceof MailboxTaken) return { expected: error.heldBy, actual: error.askedBy };
  return undefined;
}

/** A link for the administrator, where one can help. */
async function consentToken(deps: ConnectDeps, trip: Trip, code: ErrorCode): Promise<string | undefined> {
  if (!askAdmin.has(code) || trip.ticket === undefined) return undefined;
  const expiresAt = new Date(deps.clock.now() + consentLinkLifetime.usualSeconds * 1000);
  const made = await createConsentTicketMaker(deps)({ tenantId: trip.state.expected?.tid, expiresAt }, 'owner');
  return made?.token;
}

async function adminLink(deps: ConnectDeps, token: string | undefined): Promise<AdminLink | undefined> {
  if (token === undefined) return undefined;
  try {
    const { expiresAt } = await openConsentTicket(deps, token);
    return { url: consentLinkOf(deps.config.publicUrl, token), expiresAt };
  } catch (error) {
    // The page is loaded again after the administrator has acted, or much later.
    if (isBrokerError(error, 'link_invalid', 'link_expired', 'link_spent')) return undefined;
    throw error;
  }
}

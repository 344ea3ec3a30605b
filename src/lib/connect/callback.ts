import { authorizeFailure } from '../entra/classify.ts';
import { errorTable } from '../error-codes.ts';
import { BrokerError, type ErrorCode } from '../errors.ts';
import type { PageContent } from '../http/pages.ts';
import { MailboxTaken } from '../store/registry.ts';
import type { SignInResult, SignInSecrets, SignInStateRow, StoredSignInState } from '../store/states.ts';
import { isStoreError } from '../store/table.ts';
import type { TicketRow } from '../store/tickets.ts';
import { presentedBinding, sameBrowser } from './browser-binding.ts';
import { finishConnect, WrongAccount } from './finish.ts';
import { type ConnectDeps, startActionOf } from './ports.ts';
import { returnUrlFault, withResult } from './return-url.ts';
import type { Connect, Step } from './types.ts';

// A browser that sends the same callback twice at once: the second waits for what the first brings about.
const waitForResultMs = 6_000;
const lookAgainMs = 250;

/** Codes that leave nothing to start again. */
const linkIsDead: ReadonlySet<ErrorCode> = new Set(['link_invalid', 'link_expired', 'link_spent']);

const foreign = (): Step => ({ kind: 'page', content: { kind: 'failed', code: 'sign_in_foreign' } });

/**
 * The way back from Microsoft. Looked at in this order: the cookie, the row, whether they belong together, its age,
 * whether the parameters fit, whether it has been used; only then is the code redeemed. A wrong cookie spends nothing.
 */
export function createCallback(deps: ConnectDeps): Connect['callback'] {
  const { states, tickets, clock } = deps;

  async function claim(stored: StoredSignInState): Promise<StoredSignInState | undefined> {
    if (stored.row.status === 'used') return undefined;
    try {
      return await states.replace(stored, { ...stored.row, status: 'used', usedAt: new Date(clock.now()) });
    } catch (error) {
      if (isStoreError(error, 'conflict')) return undefined;
      throw error;
    }
  }

  /** The result of a sign-in that has been used; undefined if whoever used it died on the way. */
  async function resultOf(key: string): Promise<SignInResult | undefined> {
    for (;;) {
      const row = (await states.get(key))?.row;
      if (row?.result !== undefined) return row.result;
      const waited = clock.now() - (row?.usedAt?.getTime() ?? 0);
      if (row === undefined || waited >= waitForResultMs) return undefined;
      await clock.sleep(lookAgainMs);
    }
  }

  /** What the ticket tells where the sign-in itself has no result: we died after spending it, or another one spent it. */
  async function resultOfTicket(state: SignInStateRow): Promise<SignInResult | undefined> {
    const ticket = (await tickets.get(state.ticket))?.row;
    if (ticket?.result === undefined) return undefined;
    return ticket.takenBy?.state === state.key
      ? { kind: 'connected', ...ticket.result }
      : { kind: 'failed', code: 'link_spent' };
  }

  return async (request) => {
    const shown = presentedBinding(request.query.get('state'), request.headers.get('cookie'));
    if (shown === undefined) return foreign();
    const stored = await states.get(shown.key);
    if (stored === undefined || !sameBrowser(shown.cookie, stored.row.browserHash)) return foreign();
    const secrets = await states.secrets(stored);
    const ticket = (await tickets.get(stored.row.ticket))?.row;
    const end = (result: SignInResult) => stepOf(deps, result, ticket, secrets.token);

    const answer = answerOf(request.query);
    const isLate = stored.row.expiresAt.getTime() <= clock.now();
    if (isLate || answer === undefined) return restart(deps, ticket, secrets.token);
    const claimed = await claim(stored);
    if (claimed === undefined) {
      const result = (await resultOf(shown.key)) ?? (await resultOfTicket(stored.row));
      return result === undefined ? restart(deps, ticket, secrets.token) : end(result);
    }
    const result = await conclude(deps, claimed.row, secrets, ticket, answer, request.query.get('state') ?? '');
    await states.replace(claimed, { ...claimed.row, result });
    return end(result);
  };
}

type Answer =
  | { readonly kind: 'code'; readonly code: string }
  | { readonly kind: 'refusal'; readonly error: string; readonly description: string; readonly subcode: string };

/** RFC 6749 section 4.1.2: a code or an error, not both; the answer to another question has neither. */
function answerOf(query: URLSearchParams): Answer | undefined {
  const code = query.get('code') ?? '';
  const error = query.get('error') ?? '';
  if ((code === '') === (error === '')) return undefined;
  if (query.has('admin_consent')) return undefined;
  if (code !== '') return { kind: 'code', code };
  return {
    kind: 'refusal',
    error,
    description: query.get('error_description') ?? '',
    subcode: query.get('error_subcode') ?? '',
  };
}

/** What came of it, told and noted. Only what nobody foresaw is thrown, and leaves the sign-in without a result. */
async function conclude(
  deps: ConnectDeps,
  state: SignInStateRow,
  secrets: SignInSecrets,
  ticket: TicketRow | undefined,
  answer: Answer,
  stateText: string,
): Promise<SignInResult> {
  try {
    if (ticket === undefined) throw new BrokerError('link_invalid');
    if (ticket.status === 'spent') throw new BrokerError('link_spent');
    if (answer.kind === 'refusal') {
      throw authorizeFailure({
        error: answer.error,
        ...(answer.description === '' ? {} : { errorDescription: answer.description }),
        ...(answer.subcode === '' ? {} : { errorSubcode: answer.subcode }),
      });
    }
    const person = await deps.signIn.finish({
      code: answer.code,
      state: stateText,
      redirectUri: state.redirectUri,
      verifier: secrets.verifier,
      nonce: secrets.nonce,
    });
    const { mailboxId, address } = await finishConnect(deps, state, ticket, person);
    await deps.audit.write({ actor: 'owner', action: 'mailbox.connect', mailboxId, result: 'ok' });
    deps.log.info('connect.finished', { mailboxId });
    return { kind: 'connected', mailboxId, address };
  } catch (error) {
    if (!(error instanceof BrokerError) || error.code === 'storage_unreachable') throw error;
    if (error.status >= 500) deps.log.error('connect.failed', error, { who: error.who });
    else deps.log.warn('connect.failed', { code: error.code, who: error.who });
    const mailboxId = ticket?.mailboxId;
    await deps.audit.write({
      actor: 'owner',
      action: 'mailbox.connect',
      result: error.code,
      ...(mailboxId === undefined ? {} : { mailboxId }),
    });
    return { kind: 'failed', code: error.code, addresses: addressesIn(error) };
  }
}

function addressesIn(error: BrokerError): { expected: string; actual: string } | undefined {
  if (error instanceof WrongAccount) return error.addresses;
  if (error instanceof MailboxTaken) return { expected: error.heldBy, actual: error.askedBy };
  return undefined;
}

const restart = (deps: ConnectDeps, ticket: TicketRow | undefined, token: string): Step =>
  page(deps, { kind: 'failed', code: 'sign_in_restart' }, ticket, token);

function page(
  deps: ConnectDeps,
  content: Extract<PageContent, { kind: 'failed' }>,
  ticket: TicketRow | undefined,
  token: string,
): Step {
  const isGood =
    ticket?.status === 'open' && ticket.expiresAt.getTime() > deps.clock.now() && !linkIsDead.has(content.code);
  const start = isGood ? { action: startActionOf(deps.config.publicUrl), token } : undefined;
  return { kind: 'page', content: { ...content, start } };
}

/** A result as the person meets it: back where the link's maker wants her, or on a page of ours. */
async function stepOf(
  deps: ConnectDeps,
  result: SignInResult,
  ticket: TicketRow | undefined,
  token: string,
): Promise<Step> {
  // Checked when the link was made; the setting may have been narrowed since.
  if (ticket?.returnUrl !== undefined && returnUrlFault(ticket.returnUrl, deps.config.returnOrigins) === undefined) {
    return { kind: 'redirect', location: withResult(ticket.returnUrl, result) };
  }
  if (result.kind === 'failed') {
    return page(deps, { kind: 'failed', code: codeOf(result.code), addresses: result.addresses }, ticket, token);
  }
  const destination = ticket && (await deps.destinations.get(ticket.destinationId));
  return {
    kind: 'page',
    content: {
      kind: 'connected',
      address: result.address,
      receiver: destination && new URL(destination.url).origin,
    },
  };
}

/** A code as it was stored; one that this version does not know counts as a fault of ours. */
const codeOf = (code: string): ErrorCode => (Object.hasOwn(errorTable, code) ? (code as ErrorCode) : 'internal_error');

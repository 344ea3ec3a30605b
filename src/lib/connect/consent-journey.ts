import { authorizeFailure, answerOf as entraAnswerOf } from '../entra/classify.ts';
import { isErrorCode } from '../error-codes.ts';
import { BrokerError, isBrokerError } from '../errors.ts';
import type { PageContent } from '../pages/pages.ts';
import { grantKeyOf } from '../store/grants/grants.ts';
import type { ConsentTicketRow, StoredConsentTicket } from '../store/links/consent-tickets.ts';
import type { SignInSecrets, SignInStateRow } from '../store/links/sign-in-states.ts';
import type { MailboxRow } from '../store/rows/rows.ts';
import { everyItem } from '../store/table/every-item.ts';
import { isStoreError } from '../store/table/table.ts';
import { deadLink } from './dead-link.ts';
import { type Conclusion, type Journey, type Refusal, refusalIn } from './journey.ts';
import { type ConnectDeps, consentActionOf } from './ports.ts';
import { goodReturnUrl, withResult } from './return-url.ts';
import type { Step } from './types.ts';

type Answer = { readonly kind: 'consented' } | ({ readonly kind: 'refusal' } & Refusal);

/**
 * `admin_consent=True`, or an error with or without it; never a code. The parameters `tenant` and `scope` are anyone's
 * to write and are not looked at: nothing is allowed because of this answer, for whether the consent is there, the next
 * sign-in or token shows.
 */
function answerOf(query: URLSearchParams): Answer | undefined {
  if (query.has('code')) return undefined;
  const refusal = refusalIn(query);
  if (refusal !== undefined) return { kind: 'refusal', ...refusal };
  return query.get('admin_consent')?.toLowerCase() === 'true' ? { kind: 'consented' } : undefined;
}

/** The way back of an administrator who was asked for consent. */
export async function consentJourney(
  deps: ConnectDeps,
  state: SignInStateRow,
  secrets: SignInSecrets,
): Promise<Journey> {
  const { config, clock, consentTickets } = deps;
  const stored = await consentTickets.get(state.ticket);
  const ticket = stored?.row;

  function page(content: Extract<PageContent, { kind: 'failed' }>): Step {
    const isGood = ticket?.status === 'open' && ticket.expiresAt.getTime() > clock.now();
    const start = isGood ? { action: consentActionOf(config.publicUrl), token: secrets.token } : undefined;
    return { kind: 'page', content: { ...content, about: 'admin-consent', start } };
  }

  async function end({ result }: Conclusion): Promise<Step> {
    const returnUrl = goodReturnUrl(ticket, config.returnOrigins);
    if (returnUrl !== undefined) return { kind: 'redirect', location: withResult(returnUrl, result) };
    if (result.kind === 'failed') {
      const code = isErrorCode(result.code) ? result.code : 'internal_error';
      return page({ kind: 'failed', code, number: result.number });
    }
    return { kind: 'page', content: { kind: 'consented', permissions: ticket?.permissions ?? 'delegated' } };
  }

  return {
    conclude(query) {
      const answer = answerOf(query);
      return answer === undefined ? undefined : () => conclude(deps, stored, answer);
    },
    resultElsewhere: async () => undefined,
    restart: () => page({ kind: 'failed', code: deadLink(ticket, clock.now()) ?? 'sign_in_restart' }),
    end,
  };
}

async function conclude(
  deps: ConnectDeps,
  stored: StoredConsentTicket | undefined,
  answer: Answer,
): Promise<Conclusion> {
  const subject = stored === undefined ? {} : { subject: stored.row.tenant };
  try {
    const { permissions } = await deps.audit.audited(
      { actor: 'tenant admin', action: 'admin-consent.answer', ...subject },
      async () => {
        if (stored === undefined) throw new BrokerError('link_invalid');
        if (answer.kind === 'refusal') throw authorizeFailure(answer);
        // Once for a link, however often its button is pressed.
        if (stored.row.status === 'open') await wakeWaiting(deps, stored.row);
        await spend(deps, stored);
        return stored.row;
      },
    );
    deps.log.info('admin_consent.given', { permissions });
    return { result: { kind: 'consented' } };
  } catch (error) {
    if (!isBrokerError(error) || error.code === 'storage_unreachable') throw error;
    const said = entraAnswerOf(error);
    deps.log.warn('admin_consent.failed', { code: error.code, who: error.who, microsoft: said?.text });
    return { result: { kind: 'failed', code: error.code, number: said?.number } };
  }
}

async function spend({ consentTickets }: ConnectDeps, { row, etag }: StoredConsentTicket): Promise<void> {
  if (row.status === 'spent') return;
  try {
    await consentTickets.replace({ ...row, status: 'spent' }, etag);
  } catch (error) {
    // Another administrator was faster: it is spent.
    if (!isStoreError(error, 'conflict', 'missing')) throw error;
  }
}

const atOnce = 100;

/**
 * Mailboxes that wait for the consent are tried again at once, and not within a day. Which tenant, our own ticket says;
 * where it does not, those of every tenant are tried, which costs a token request each and allows nothing.
 */
async function wakeWaiting(deps: ConnectDeps, { tenant }: ConsentTicketRow): Promise<void> {
  const { registry } = deps;
  const where = (row: MailboxRow) => tenant === 'organizations' || row.grant.tid === tenant;
  for await (const { row, state } of everyItem((cursor) => registry.list({ where, limit: atOnce, cursor }))) {
    if (state?.state === 'consent_required') await wake(deps, row);
  }
}

async function wake({ registry, grants, log, placed }: ConnectDeps, mailbox: MailboxRow): Promise<void> {
  try {
    const grant = await grants.read(grantKeyOf(mailbox.grant));
    if (grant?.status === 'consent_required') await grants.note(grant, { retryAt: null });
    await registry.ask(mailbox.id);
    await placed?.(mailbox.id);
  } catch (error) {
    // It is due later anyway.
    if (!isBrokerError(error, 'not_found', 'conflict', 'row_broken')) throw error;
    log.warn('admin_consent.mailbox_not_woken', { mailboxId: mailbox.id, code: error.code });
  }
}

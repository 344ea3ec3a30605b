import { createServer } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import type { Certificates } from '../certificates.ts';
import { createDirectory } from '../entra/directory.ts';
import type { DemoUser, EntraStandIn, TokenFacts } from '../entra/stand-in.ts';
import { listen } from '../listen.ts';
import type { MailServer } from '../mail/stand-ins.ts';
import { type Call, type Reply, serve } from '../web.ts';
import { graphError, refusals, withRequestIds } from './answers.ts';
import { createDrafts } from './drafts.ts';
import { createEvents } from './events.ts';
import { me } from './me.ts';
import { decodeMime } from './mime-body.ts';
import { createOutbox } from './outbox.ts';
import type { GraphFailure, GraphStandIn } from './stand-in.ts';
import { createSubscriptions } from './subscriptions.ts';

export interface GraphOptions {
  readonly certificates: Certificates;
  /** Where tokens are checked. */
  readonly entra: Pick<EntraStandIn, 'introspect'>;
  readonly users: readonly DemoUser[];
  readonly tenant: string;
  /** Absent: there are no mailboxes here. */
  readonly mailboxes?: Pick<MailServer, 'deliver'>;
  /** Addresses that have a mailbox. */
  readonly addresses?: readonly string[];
  /** Who has Send As on a mailbox that is not her own: address of the mailbox -> addresses of people. */
  readonly sendAs?: Readonly<Record<string, readonly string[]>>;
  /** Mailboxes that the app itself may use, by tenant. */
  readonly app?: Readonly<Record<string, readonly string[]>>;
  readonly port?: number;
}

// Above this Graph was seen to answer 200 and to lose the mail (microsoft-graph-docs#13979).
const lostBytes = 2_200_000;
// https://learn.microsoft.com/graph/throttling-limits#outlook-service-limits
const mostAtOnce = 4;

const audience = 'https://graph.microsoft.com';

/**
 * Microsoft Graph on this machine, as far as the broker asks it: who someone is, sending a MIME message, drafts with
 * upload sessions. It answers as documented, and as people have seen it answer.
 */
export async function startGraph(options: GraphOptions): Promise<GraphStandIn> {
  const { entra, mailboxes, addresses = [] } = options;
  const directory = createDirectory(options.users, options.tenant);
  const known = new Set(addresses.map((address) => address.toLowerCase()));
  const outbox = createOutbox({ directory, mailboxes: mailboxes ?? nowhere, addresses });
  const atOnce = new Map<string, number>();
  let failures: { left: number; readonly failure: GraphFailure }[] = [];
  let requests = 0;
  let url = '';
  const drafts = createDrafts(outbox, () => url);
  const subscriptions = createSubscriptions({ app: options.app ?? {} });
  const events = createEvents();

  const failureFor = (verb: string): GraphFailure | undefined => {
    const next = failures.find(({ failure }) => (failure.verb ?? verb) === verb);
    if (next === undefined) return undefined;
    next.left -= 1;
    if (next.left <= 0) failures = failures.filter((each) => each !== next);
    return next.failure;
  };

  /** Which mailbox the path means, if this token may use it so. @param needs the last part of a permission */
  function mailboxOf(facts: TokenFacts, owner: string, needs: string): string | Reply {
    const has = (scope: string) => facts.scopes.some((each) => each.endsWith(`/${scope}`));
    if (owner === 'me') {
      if (facts.username === '')
        return graphError(400, 'BadRequest', '/me request is only valid with delegated authentication flow.');
      if (!has(needs)) return refusals.denied();
      const own = facts.username.toLowerCase();
      return known.has(own) ? own : refusals.mailbox();
    }
    const address = decodeURIComponent(owner.slice('users/'.length)).toLowerCase();
    if (!known.has(address)) return graphError(404, 'ErrorInvalidUser', 'The requested user is invalid.');
    if (facts.username === '') {
      const given = options.app?.[facts.tid] ?? [];
      const may = facts.roles.includes(needs) && given.some((each) => each.toLowerCase() === address);
      return may ? address : refusals.denied();
    }
    const person = facts.username.toLowerCase();
    if (person === address) return has(needs) ? address : refusals.denied();
    if (!has(`${needs}.Shared`)) return refusals.denied();
    const people = options.sendAs?.[address] ?? [];
    return people.some((each) => each.toLowerCase() === person) ? address : refusals.sendAs();
  }

  async function sendMail(mailbox: string, call: Call): Promise<Reply> {
    const raw = decodeMime(call);
    if (!Buffer.isBuffer(raw)) return raw;
    if (raw.length > lostBytes) return { status: 200 };
    return (await outbox.take(mailbox, 'sendMail', raw)) ?? { status: 202 };
  }

  async function ofMailbox(facts: TokenFacts, path: string, call: Call): Promise<Reply> {
    const [, owner = '', rest = ''] = /^\/v1\.0\/(me|users\/[^/]+)\/(.*)$/.exec(path) ?? [];
    const isSending = rest === 'sendMail' || /^messages\/[^/]+\/send$/.test(rest);
    const isSearch = rest === 'mailFolders/drafts/messages';
    const isOfCalendar = /^events(\/|$)/.test(rest);
    const isKnown = isSending || isSearch || isOfCalendar || /^messages(\/|$)/.test(rest);
    if (owner === '' || !isKnown) return refusals.unknown();
    const needs = isOfCalendar ? 'Calendars.ReadWrite' : isSending ? 'Mail.Send' : 'Mail.ReadWrite';
    const mailbox = mailboxOf(facts, owner, needs);
    if (typeof mailbox !== 'string') return mailbox;
    const others = atOnce.get(mailbox) ?? 0;
    if (others >= mostAtOnce) return refusals.busy();
    atOnce.set(mailbox, others + 1);
    try {
      if (isOfCalendar) return events.handle(mailbox, rest.slice('events'.length), call);
      if (isSearch) return await drafts.find(mailbox, call);
      return rest === 'sendMail'
        ? await sendMail(mailbox, call)
        : await drafts.handle(mailbox, rest.slice('messages'.length), call);
    } finally {
      atOnce.set(mailbox, (atOnce.get(mailbox) ?? 1) - 1);
    }
  }

  async function truth(call: Call): Promise<Reply> {
    const path = call.url.pathname;
    if (path.startsWith('/upload/')) return drafts.upload(path.slice('/upload/'.length), call);
    const token = /^Bearer (.+)$/.exec(call.headers.authorization ?? '')?.[1] ?? '';
    const facts = await entra.introspect(token);
    if (facts?.audience !== audience) return refusals.token();
    if (path === '/v1.0/me' && call.method === 'GET') return me(facts, directory);
    if (/^\/v1\.0\/subscriptions(\/|$)/.test(path)) return subscriptions.handle(facts, call);
    return ofMailbox(facts, path, call);
  }

  async function answer(call: Call): Promise<Reply | 'cut'> {
    requests += 1;
    const failure = failureFor(verbOf(call));
    if (failure?.delayMs !== undefined) await delay(failure.delayMs);
    if (failure?.answer === 'close') return 'cut';
    const reply =
      failure === undefined || failure.answer !== undefined
        ? await truth(call)
        : graphError(
            failure.status ?? 503,
            failure.code ?? 'ServiceUnavailable',
            'Ordered by a test.',
            failure.retryAfterSeconds,
          );
    return failure?.answer === 'truth, then close' ? 'cut' : withRequestIds(reply, call.headers['client-request-id']);
  }

  const { cert, key } = options.certificates;
  const server = createServer({ cert, key }, serve(answer));
  // On a slow machine a client may use a connection again at the very moment at which it times out here.
  server.keepAliveTimeout = 60_000;
  const listener = await listen(server, 'the Graph stand-in', options.port);
  url = `https://localhost:${listener.port}`;
  return {
    url,
    sent: () => outbox.sent,
    drafts: (address) => drafts.of(address.toLowerCase()),
    requests: () => requests,
    subscriptions,
    events,
    fail: (failure) => {
      failures.push({ left: failure.times ?? 1, failure });
    },
    heal: () => {
      failures = [];
    },
    stop: listener.stop,
  };
}

const nowhere: Pick<MailServer, 'deliver'> = {
  deliver: async () => {
    throw new Error('This Graph stand-in was started without mailboxes.');
  },
};

/** What a request is about, for failures that are ordered. */
function verbOf({ method, url }: Call): NonNullable<GraphFailure['verb']> {
  const path = url.pathname;
  if (path.startsWith('/v1.0/subscriptions')) return 'subscribe';
  if (path.startsWith('/upload/')) return 'upload';
  if (path.includes('/mailFolders/')) return 'find';
  if (path.endsWith('/sendMail')) return 'sendMail';
  if (path.endsWith('/send')) return 'send';
  if (path.endsWith('/messages')) return 'draft';
  if (/\/attachments(\/|$)/.test(path)) return 'attach';
  if (/\/messages\/[^/]+$/.test(path)) return method === 'DELETE' ? 'delete' : 'look';
  return 'other';
}

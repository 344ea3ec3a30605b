import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { TokenFacts } from '../entra/stand-in.ts';
import type { Call, Reply } from '../web.ts';
import { graphError, refusals } from './answers.ts';

/** https://learn.microsoft.com/graph/api/resources/subscription#subscription-lifetime */
const longestMs = 10_080 * 60_000;
/** A shorter one is made this long. */
const shortestMs = 45 * 60_000;
/** https://learn.microsoft.com/graph/change-notifications-delivery-webhooks#notificationurl-validation */
const validationMs = 10_000;

const form = z.object({
  changeType: z.literal('created'),
  notificationUrl: z.url(),
  lifecycleNotificationUrl: z.url(),
  resource: z.string().regex(/^(me|users\/[^/]+)\/mailFolders\('\w+'\)\/messages$/),
  expirationDateTime: z.iso.datetime({ offset: true }),
  clientState: z.string().max(128),
  latestSupportedTlsVersion: z.string().optional(),
});

interface Held extends z.output<typeof form> {
  readonly id: string;
  readonly mailbox: string;
  /** Who made it, and alone sees it: a person, or the app itself in a tenant. */
  readonly maker: string;
  expirationDateTime: string;
}

export type LifecycleEvent = 'reauthorizationRequired' | 'subscriptionRemoved' | 'missed';

/** Change notifications of Graph: subscriptions with their validation, their end, and what happens to them in between. */
export interface Subscriptions {
  handle(facts: TokenFacts, call: Call): Promise<Reply>;
  /** Those that have not expired. */
  all(): readonly Pick<Held, 'id' | 'mailbox' | 'resource' | 'clientState' | 'expirationDateTime'>[];
  /** Mail came to a folder, by its well-known name. @returns the answers; none without a subscription */
  ring(address: string, folder?: string): Promise<readonly number[]>;
  /** `subscriptionRemoved` removes them, too. */
  lifecycle(address: string, event: LifecycleEvent): Promise<readonly number[]>;
  /** All of them end, without a word. */
  expire(): void;
}

export interface SubscriptionsOptions {
  /** Mailboxes that the app itself may use, by tenant. */
  readonly app?: Readonly<Record<string, readonly string[]>>;
  /** How many a page of the list has. */
  readonly pageSize?: number;
  readonly now?: () => number;
  /** For validations and notifications. */
  readonly fetch?: typeof fetch;
}

export function createSubscriptions(options: SubscriptionsOptions = {}): Subscriptions {
  const { app = {}, pageSize = 100, now = Date.now, fetch = globalThis.fetch } = options;
  let held: Held[] = [];
  const alive = () => held.filter((one) => Date.parse(one.expirationDateTime) > now());

  /** Whose mail a resource is, if this token may subscribe to it: `me` is a person's, and others' mailboxes are the app's. */
  function mailboxOf({ username, tid }: TokenFacts, resource: string): string | Reply {
    if (resource.startsWith('me/')) {
      if (username !== '') return username.toLowerCase();
      return graphError(400, 'BadRequest', '/me request is only valid with delegated authentication flow.');
    }
    const address = decodeURIComponent(resource.split('/')[1] ?? '').toLowerCase();
    if (username.toLowerCase() === address) return address;
    const may = username === '' && (app[tid] ?? []).some((one) => one.toLowerCase() === address);
    return may ? address : refusals.denied();
  }

  /** The listener has to send the token back, decoded, as plain text. */
  async function isValid(url: string): Promise<boolean> {
    const token = `Validation: Testing client application reachability for subscription Request-Id: ${randomUUID()}`;
    const at = new URL(url);
    at.searchParams.set('validationToken', token);
    const signal = AbortSignal.timeout(validationMs);
    const answer = await fetch(at, { method: 'POST', headers: { 'content-type': 'text/plain' }, signal }).catch(
      () => undefined,
    );
    return (
      answer?.status === 200 &&
      /^text\/plain\b/.test(answer.headers.get('content-type') ?? '') &&
      (await answer.text()) === token
    );
  }

  async function notify(those: readonly Held[], change: object): Promise<number[]> {
    return Promise.all(
      those.map(async ({ id, clientState, expirationDateTime, resource, notificationUrl }) => {
        const value = [
          {
            ...{ subscriptionId: id, subscriptionExpirationDateTime: expirationDateTime, clientState, resource },
            tenantId: randomUUID(),
            ...change,
          },
        ];
        const headers = { 'content-type': 'application/json' };
        const answer = await fetch(notificationUrl, { method: 'POST', headers, body: JSON.stringify({ value }) });
        return answer.status;
      }),
    );
  }

  async function create(facts: TokenFacts, maker: string, call: Call): Promise<Reply> {
    const parsed = form.safeParse(jsonOf(call));
    if (!parsed.success) return graphError(400, 'InvalidRequest', 'The subscription is not valid.');
    const wanted = parsed.data;
    const mailbox = mailboxOf(facts, wanted.resource);
    if (typeof mailbox !== 'string') return mailbox;
    const leftMs = Date.parse(wanted.expirationDateTime) - now();
    if (leftMs > longestMs) {
      return graphError(400, 'ExtensionError', 'Subscription expiration can only be 10080 minutes in the future.');
    }
    if (alive().some((one) => one.maker === maker && one.resource === wanted.resource)) {
      return graphError(409, 'Conflict', 'A subscription for this resource and change type exists already.');
    }
    if (!(await isValid(wanted.notificationUrl))) {
      return graphError(400, 'ValidationError', 'Subscription validation request failed.');
    }
    const expirationDateTime = new Date(now() + Math.max(leftMs, shortestMs)).toISOString();
    const made: Held = { ...wanted, expirationDateTime, id: randomUUID(), mailbox, maker };
    held.push(made);
    return { status: 201, body: shown(made) };
  }

  function renew(one: Held, call: Call): Reply {
    const parsed = form.pick({ expirationDateTime: true }).safeParse(jsonOf(call));
    if (!parsed.success || Date.parse(parsed.data.expirationDateTime) - now() > longestMs) {
      return graphError(400, 'ExtensionError', 'Subscription expiration can only be 10080 minutes in the future.');
    }
    one.expirationDateTime = parsed.data.expirationDateTime;
    return { status: 200, body: shown(one) };
  }

  /** A page of a list, and where the next one is. https://learn.microsoft.com/graph/api/subscription-list */
  function page(own: readonly Held[], url: URL): Reply {
    const from = Number(url.searchParams.get('$skiptoken') ?? 0);
    const next = new URL(url);
    next.protocol = 'https:';
    next.searchParams.set('$skiptoken', String(from + pageSize));
    const isLast = own.length <= from + pageSize;
    const value = own.slice(from, from + pageSize).map(shown);
    return { status: 200, body: isLast ? { value } : { value, '@odata.nextLink': next.href } };
  }

  return {
    async handle(facts, call) {
      const has = ['Mail.ReadBasic', 'Mail.Read', 'Mail.ReadWrite'].some(
        (name) => facts.scopes.some((scope) => scope.endsWith(`/${name}`)) || facts.roles.includes(name),
      );
      if (!has) return refusals.denied();
      const maker = facts.username === '' ? `the app in ${facts.tid}` : facts.username.toLowerCase();
      const id = /^\/v1\.0\/subscriptions\/([^/]+)$/.exec(call.url.pathname)?.[1];
      const own = alive().filter((one) => one.maker === maker);
      if (id === undefined) return call.method === 'POST' ? create(facts, maker, call) : page(own, call.url);
      const one = own.find((each) => each.id === decodeURIComponent(id));
      if (one === undefined) return refusals.item();
      if (call.method === 'PATCH') return renew(one, call);
      held = held.filter((each) => each !== one);
      return { status: 204 };
    },
    all: alive,
    ring(address, folder = 'inbox') {
      const those = alive().filter(
        (one) => one.mailbox === address.toLowerCase() && one.resource.includes(`'${folder}'`),
      );
      return notify(those, { changeType: 'created', resourceData: { '@odata.type': '#Microsoft.Graph.Message' } });
    },
    lifecycle(address, lifecycleEvent) {
      const those = alive().filter((one) => one.mailbox === address.toLowerCase());
      if (lifecycleEvent === 'subscriptionRemoved') held = held.filter((one) => !those.includes(one));
      return notify(those, { lifecycleEvent });
    },
    expire() {
      held = [];
    },
  };
}

const shown = ({ clientState: _, mailbox: __, maker: ___, ...one }: Held) => one;

function jsonOf(call: Call): unknown {
  try {
    return JSON.parse(call.body.toString('utf8'));
  } catch {
    return undefined;
  }
}

import type { ApiKeys } from '../access/api-keys.ts';
import type { Destinations } from '../delivery/destinations.ts';
import { isErrorCode } from '../error-codes.ts';
import { BrokerError } from '../errors.ts';
import type { ActionName } from '../http/requests/dashboard.ts';
import type { Audit, AuditAction } from '../store/deployment/audit.ts';
import type { Deliveries } from '../store/mailboxes/deliveries.ts';
import type { Registry } from '../store/mailboxes/registry.ts';

export interface ActionDeps {
  readonly registry: Pick<Registry, 'get' | 'patch' | 'ask' | 'replay'>;
  readonly destinations: Pick<Destinations, 'get' | 'patch' | 'test'>;
  readonly deliveries: Pick<Deliveries, 'find'>;
  readonly apiKeys: Pick<ApiKeys, 'get' | 'remove'>;
  readonly audit: Pick<Audit, 'audited'>;
}

/** What an action would be done to: its id, and the name that people know it by. */
export interface Target {
  readonly id: string;
  readonly name: string;
}

// The request to a destination has its own limit of 20 s.
const testMs = 30_000;

interface Action {
  readonly audited: AuditAction;
  readonly find: (deps: ActionDeps, id: string) => Promise<string | undefined>;
  readonly run: (deps: ActionDeps, id: string) => Promise<unknown>;
}

const mailbox = async (deps: ActionDeps, id: string) => (await deps.registry.get(id))?.row.address;
const destination = async (deps: ActionDeps, id: string) => (await deps.destinations.get(id))?.name;

const actions: Readonly<Record<ActionName, Action>> = {
  'mailbox-pause': {
    audited: 'mailbox.change',
    find: mailbox,
    run: (deps, id) => deps.registry.patch(id, { paused: true }),
  },
  'mailbox-resume': {
    audited: 'mailbox.change',
    find: mailbox,
    run: (deps, id) => deps.registry.patch(id, { paused: false }),
  },
  'mailbox-sync': { audited: 'mailbox.change', find: mailbox, run: (deps, id) => deps.registry.ask(id) },
  'destination-pause': {
    audited: 'destination.change',
    find: destination,
    run: (deps, id) => deps.destinations.patch(id, { paused: true }),
  },
  'destination-resume': {
    audited: 'destination.change',
    find: destination,
    run: (deps, id) => deps.destinations.patch(id, { paused: false }),
  },
  'destination-test': {
    audited: 'destination.test',
    find: destination,
    run: async (deps, id) => {
      const tested = await deps.destinations.test(id, AbortSignal.timeout(testMs));
      if (tested === undefined) throw new BrokerError('not_found');
      const { accepted, code = '' } = tested;
      if (!accepted) throw new BrokerError(isErrorCode(code) ? code : 'internal_error');
    },
  },
  'delivery-replay': {
    audited: 'delivery.replay',
    find: async (deps, id) => (await deps.deliveries.find(id))?.mailbox.address,
    run: async (deps, id) => {
      const found = await deps.deliveries.find(id);
      if (found === undefined) throw new BrokerError('not_found');
      await deps.registry.replay(found.mailbox.id, { kind: 'dead', key: found.row.key });
    },
  },
  'key-remove': {
    audited: 'key.remove',
    find: async (deps, id) => {
      const key = await deps.apiKeys.get(id);
      return key === undefined ? undefined : (key.label ?? id);
    },
    run: async (deps, id) => {
      if (!(await deps.apiKeys.remove(id))) throw new BrokerError('not_found');
    },
  },
};

/** What the action would be done to. @throws BrokerError `not_found` */
export async function targetOf(deps: ActionDeps, action: ActionName, id: string): Promise<Target> {
  const name = await actions[action].find(deps, id);
  if (name === undefined) throw new BrokerError('not_found');
  return { id, name };
}

/**
 * Does it, noted before it begins under the person who asked.
 * @throws BrokerError `not_found`, and what each of them throws; a test that was not accepted, by the code of its reason
 */
export async function act(deps: ActionDeps, action: ActionName, id: string, actor: string): Promise<void> {
  const { audited, run } = actions[action];
  await targetOf(deps, action, id);
  const about = action.startsWith('mailbox') ? { mailboxId: id } : { subject: id };
  await deps.audit.audited({ actor, action: audited, ...about }, () => run(deps, id));
}

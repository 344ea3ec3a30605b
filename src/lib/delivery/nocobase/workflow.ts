import type { DeliveryOutcome } from '../../domain/events/event.ts';
import type { OutboundAnswer } from '../../outbound/outbound.ts';
import { bodyOf } from '../events/render.ts';
import { classify } from '../webhook/classify.ts';
import {
  ask,
  authHeaders,
  commonHeaders,
  type OpenDestination,
  type Transport,
  type TransportDeps,
} from '../webhook/webhook.ts';
import { errorOf, nocobaseApi, unexpected } from './nocobase-api.ts';
import { rolePath } from './nocobase-role.ts';

// Of the answer only the error is of interest, and that it is NocoBase that answers.
const errorBytes = 16 * 1024;

/**
 * What NocoBase 2.2.15 says with its 500, in English for every language of the request; read in the source of
 * plugin-workflow-custom-action-trigger, and seen.
 */
const says = {
  /** No workflow of this key is switched on. */
  nothingToRun: 'No action done',
  /** It ran, and one of its nodes failed. */
  failed: 'Workflow on your action failed',
} as const;

/**
 * A custom-action workflow of NocoBase: `POST workflows:trigger?triggerWorkflows=<key>` with an API key. The workflow
 * sees the body as `$context.data` and no header, so the id by which it can tell a repetition stands in the body, and
 * nothing is signed: the API key says who we are. Synchronous workflows answer 200; a 500 may mean anything from a mail
 * that the workflow fails on to a database that is away.
 */
export function createWorkflow(deps: TransportDeps): Transport {
  /** Whether NocoBase works at all: the rights of the role come from its database. */
  const checkItself = async (destination: OpenDestination, signal: AbortSignal): Promise<DeliveryOutcome> => {
    const { config, secrets } = destination;
    const api = nocobaseApi(deps.outbound, apiOfTrigger(config.url), secrets.auth, signal);
    const answer = await api.get(rolePath);
    return 'kind' in answer ? answer : classify(answer);
  };

  return {
    async send(destination, event, signal) {
      const { config, secrets } = destination;
      const data = await deps.renderer.data(event, config);
      const post = () =>
        ask(deps.outbound, {
          method: 'POST',
          url: config.url,
          headers: { ...commonHeaders, ...authHeaders(secrets.auth) },
          body: bodyOf(event, data, { withId: true }),
          keepBytes: errorBytes,
          signal,
        });
      for (let again = false; ; again = true) {
        const answer = await post();
        if ('kind' in answer) return answer;
        if (answer.status !== 500) return judged(answer);
        if (hasSaid(answer, says.nothingToRun)) {
          return { kind: 'held', reason: 'destination_workflow_off', status: 500, attempted: true };
        }
        const itself = await checkItself(destination, signal);
        if (itself.kind === 'held') return itself;
        if (itself.kind === 'refused') {
          return { kind: 'held', reason: 'destination_busy', status: itself.status, attempted: true };
        }
        // NocoBase works. What did not get as far as a run may have met a database that was just coming back.
        if (again || hasSaid(answer, says.failed)) return classify(answer);
      }
    },
  };
}

/**
 * NocoBase says in JSON that a workflow has run, be it `{}`. A page with 200 comes from something in front of it that
 * wants a sign-in or announces maintenance, and the mail has not arrived.
 */
function judged(answer: OutboundAnswer): DeliveryOutcome {
  const outcome = classify(answer);
  const isPage = answer.contentType !== '' && !/^application\/json\b/i.test(answer.contentType);
  return outcome.kind === 'accepted' && isPage ? unexpected(answer) : outcome;
}

const hasSaid = (answer: OutboundAnswer, sentence: string): boolean => errorOf(answer).message.startsWith(sentence);

const trigger = '/workflows:trigger';

/** The address of the API that a trigger is a part of. */
const apiOfTrigger = (address: string): string => {
  const { origin, pathname } = new URL(address);
  return `${origin}${pathname.slice(0, -trigger.length)}`;
};

/** True for the address of a custom-action trigger. */
export function isWorkflowTrigger(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const url = new URL(address);
  return url.pathname.endsWith(trigger) && (url.searchParams.get('triggerWorkflows') ?? '') !== '';
}

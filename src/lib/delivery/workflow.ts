import { classify } from './classify.ts';
import { bodyOf } from './render.ts';
import { ask, authHeaders, commonHeaders, type Transport, type TransportDeps } from './webhook.ts';

/**
 * A custom-action workflow of NocoBase: `POST workflows:trigger?triggerWorkflows=<key>` with an API key. The workflow
 * sees the body as `$context.data` and no header, so the id by which it can tell a repetition stands in the body, and
 * nothing is signed: the API key says who we are. Synchronous workflows answer 200, or 500 without a reason.
 */
export function createWorkflow(deps: TransportDeps): Transport {
  return {
    async send({ config, secrets }, event, signal) {
      const data = await deps.renderer.data(event, { rawHtml: config.rawHtml });
      const answer = await ask(deps.outbound, {
        method: 'POST',
        url: config.url,
        headers: { ...commonHeaders, ...authHeaders(secrets.auth) },
        body: bodyOf(event, data, { withId: true }),
        signal,
      });
      return 'kind' in answer ? answer : classify(answer);
    },
  };
}

/** True for the address of a custom-action trigger. */
export function isWorkflowTrigger(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const url = new URL(address);
  return url.pathname.endsWith('/workflows:trigger') && (url.searchParams.get('triggerWorkflows') ?? '') !== '';
}

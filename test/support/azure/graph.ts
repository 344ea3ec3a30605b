import { isProblem } from '../../../cli/azure/problem.ts';
import type { ApplicationState, CreateEntraApp, WantedApplication } from '../../../cli/entra-app/interface.ts';
import { type Answer, mfaDemanded, part, Refused, type Request, text } from './answers.ts';
import type { Application, AzureModel } from './model.ts';
import { readToken } from './tokens.ts';

const isRecordArray = (value: unknown): value is Record<string, unknown>[] => Array.isArray(value);

/** What Graph tells of an organisation. */
function organisation(model: AzureModel, tenant: string): object {
  if (model.behaviour.isGuest)
    throw new Refused(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.');
  const found = model.behaviour.tenants.find(({ id }) => id === tenant);
  const plan = { service: found?.hasExchange === true ? 'exchange' : 'WindowsAzure', capabilityStatus: 'Enabled' };
  return { value: [{ id: tenant, displayName: found?.name, assignedPlans: [plan] }] };
}

function applicationAt(model: AzureModel, clientId: string): Application {
  const found = model.applications.get(clientId);
  if (found === undefined) throw new Refused(404, 'Request_ResourceNotFound', 'No such application.');
  return found;
}

const shown = (application: Application): object => ({
  ...application,
  trusted: [...application.trusted],
  secrets: [...application.secrets].map(([keyId, { displayName, endsAt }]) => ({ keyId, displayName, endsAt })),
});

function change(
  model: AzureModel,
  [, , kind, id = '', verb = '']: readonly string[],
  { method, body }: Request,
): unknown {
  const wanted = part(body);
  if (kind !== 'model') throw new Refused(400, 'BadRequest', 'The model does not know this.');
  if (method === 'PUT') {
    if (!model.behaviour.mayRegister)
      throw new Refused(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.');
    const before = [...model.applications.values()].find(
      (one) => one.clientId === wanted.clientId || one.deploymentId === id,
    );
    const made: Application = before ?? {
      clientId: model.newId(),
      deploymentId: id,
      redirectUris: [],
      audience: '',
      hasConsent: false,
      trusted: new Set(),
      secrets: new Map(),
    };
    made.redirectUris = [
      ...new Set([...made.redirectUris, ...(Array.isArray(wanted.redirectUris) ? wanted.redirectUris.map(text) : [])]),
    ];
    made.audience = text(wanted.audience);
    made.hasConsent ||= wanted.consent === 'tenant' && model.behaviour.mayConsent;
    model.applications.set(made.clientId, made);
    return shown(made);
  }
  const application = applicationAt(model, id);
  if (method === 'DELETE' && verb === '') return void model.applications.delete(id);
  if (verb === 'trust') {
    application.trusted.add(text(wanted.principalId));
    model.credentialMadeAt.set(text(wanted.principalId), model.clock.now());
    return undefined;
  }
  if (verb === 'addPassword') {
    if (!model.behaviour.mayAddSecrets)
      throw new Refused(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.');
    const keyId = model.newId();
    const secret = {
      displayName: text(wanted.displayName),
      value: `secret-${keyId}`,
      endsAt: model.clock.now() + Number(wanted.days) * 86_400_000,
    };
    application.secrets.set(keyId, secret);
    model.credentialMadeAt.set(keyId, model.clock.now());
    return { keyId, ...secret };
  }
  application.secrets.delete(text(wanted.keyId));
  return undefined;
}

/** Answers one request to Graph: the organisation, and the few addresses of {@link modelEntra}. */
export function answerGraph(model: AzureModel, request: Request): Answer {
  const claims = readToken(model, request.token, 'https://graph.microsoft.com');
  if (claims === undefined) return { status: 401, body: { error: { code: 'InvalidAuthenticationToken' } } };
  const path = request.url.pathname.replace('/v1.0', '');
  try {
    if (path === '/organization')
      return { status: 200, body: model.read('GET organization', () => organisation(model, claims.tid)) };
    const parts = `/graph${path}`.split('/');
    if (request.method === 'GET')
      return { status: 200, body: model.read(`GET ${path}`, () => shown(applicationAt(model, parts[3] ?? ''))) };
    if (model.behaviour.demandsMfa && !claims.mfa) return mfaDemanded;
    return {
      status: 200,
      body: model.write(`${request.method} graph ${parts.slice(4).join(' ') || 'application'}`, () =>
        change(model, parts, request),
      ),
    };
  } catch (error) {
    if (error instanceof Refused) return error.answer;
    throw error;
  }
}

/**
 * The Entra application over the model: the interface alone, to try the deploy around it. What Graph itself is like is
 * tried where that module is.
 */
export const modelEntra =
  (model: AzureModel): CreateEntraApp =>
  ({ graph }) => {
    const stateOf = (body: unknown, wanted: WantedApplication): ApplicationState => {
      const found = part(body);
      const uris = Array.isArray(found.redirectUris) ? found.redirectUris.map(text) : [];
      const missing = wanted.redirectUris.filter((uri) => !uris.includes(uri));
      return {
        clientId: text(found.clientId),
        objectId: 'object',
        servicePrincipalId: 'principal',
        consent:
          wanted.consent === 'none'
            ? { state: 'not_wanted' }
            : found.hasConsent === true
              ? { state: 'granted' }
              : {
                  state: 'missing',
                  sentence: 'You may not consent for everybody.',
                  roles: ['Privileged Role Administrator'],
                },
        differs: missing.map((uri) => `The redirect URI ${uri} is missing.`),
      };
    };
    return {
      rights: async () => ({
        mayRegister: model.behaviour.isGuest ? undefined : model.behaviour.mayRegister,
        mayConsent: model.behaviour.isGuest ? undefined : model.behaviour.mayConsent,
        registerRoles: ['Application Administrator'],
        consentRoles: ['Privileged Role Administrator'],
      }),
      async look(wanted) {
        const known =
          wanted.clientId ??
          [...model.applications.values()].find((one) => one.deploymentId === wanted.deploymentId)?.clientId;
        const body = known === undefined ? undefined : await graph.get(`/model/${known}`);
        return body === undefined ? undefined : stateOf(body, wanted);
      },
      async ensure(wanted) {
        const { deploymentId, clientId, redirectUris, audience, consent } = wanted;
        const instead = { clientId: '<client id>', redirectUris, hasConsent: true };
        const { body } = await graph.send('PUT', `/model/${deploymentId}`, {
          body: { clientId, redirectUris, audience, consent },
          instead,
        });
        return stateOf(body, wanted);
      },
      trusts: async (clientId, { principalId }) => model.applications.get(clientId)?.trusted.has(principalId) === true,
      async trust(clientId, { principalId }) {
        await graph.send('POST', `/model/${clientId}/trust`, { body: { principalId }, repeatable: true });
      },
      async secrets(clientId) {
        const body = await graph.get(`/model/${clientId}`);
        const list = part(body).secrets;
        return isRecordArray(list)
          ? list.map((one) => ({
              keyId: text(one.keyId),
              displayName: text(one.displayName),
              endsAt: Number(one.endsAt),
            }))
          : [];
      },
      async addSecret(clientId, displayName, days) {
        const instead = {
          keyId: '<key id>',
          displayName,
          value: '<secret>',
          endsAt: model.clock.now() + days * 86_400_000,
        };
        const { body } = await graph.send('POST', `/model/${clientId}/addPassword`, {
          body: { displayName, days },
          instead,
        });
        const made = part(body);
        return { keyId: text(made.keyId), displayName, value: text(made.value), endsAt: Number(made.endsAt) };
      },
      async removeSecret(clientId, keyId) {
        await graph.send('POST', `/model/${clientId}/removePassword`, { body: { keyId }, repeatable: true });
      },
      async remove(clientId) {
        await graph.send('DELETE', `/model/${clientId}`).catch((error: unknown) => {
          if (!isProblem(error, 'not_found')) throw error;
        });
      },
      script: ({ redirectUris }) =>
        `az ad app create --display-name 'Mail broker' --web-redirect-uris ${redirectUris.join(' ')}`,
    };
  };

import { type Answer, mfaDemanded, part, Refused, type Request } from './answers.ts';
import { answerApplication } from './graph-applications.ts';
import { bad, forbidden, type GraphCall, noContent, readDirectory } from './graph-call.ts';
import { answerPrincipal } from './graph-principals.ts';
import type { AzureModel } from './model.ts';
import { readToken } from './tokens.ts';

/** An organisation, as Graph shows it. */
function organisation(call: GraphCall): unknown {
  readDirectory(call);
  const found = call.model.behaviour.tenants.find(({ id }) => id === call.tenant);
  const plan = { service: found?.hasExchange === true ? 'exchange' : 'WindowsAzure', capabilityStatus: 'Enabled' };
  return { value: [{ id: call.tenant, displayName: found?.name, assignedPlans: [plan] }] };
}

/** Who is asked about, their roles, and the policies. */
function answerPeople(call: GraphCall): unknown {
  const { model, path, method, query, headers } = call;
  const { behaviour } = model.directory;
  if (method !== 'GET') return undefined;
  if (path === '/organization') return organisation(call);
  if (path.startsWith('/me') && model.caller.principalType === 'servicePrincipal')
    throw bad('/me request is only valid with delegated authentication flow.');
  if (path === '/me') return { id: call.caller, userType: model.behaviour.isGuest ? 'Guest' : 'Member' };
  if (path === '/me/transitiveMemberOf/microsoft.graph.directoryRole') {
    readDirectory(call);
    if (query.get('$count') !== 'true' || headers.get('ConsistencyLevel') !== 'eventual')
      throw bad('Request with $count=true and ConsistencyLevel: eventual is needed for a cast.');
    return { value: behaviour.directoryRoles.map((roleTemplateId) => ({ roleTemplateId })) };
  }
  if (path === '/roleManagement/directory/roleAssignments') {
    if (query.get('$filter') !== `principalId eq '${call.caller}'`) throw forbidden();
    const rolePermissions = [{ allowedResourceActions: behaviour.customActions }];
    return { value: [{ roleDefinition: { rolePermissions } }] };
  }
  if (!path.startsWith('/policies/')) return undefined;
  // The Azure CLI has no scope for them.
  if (!behaviour.readsPolicies || model.behaviour.isGuest)
    throw new Refused(403, 'UnknownError', 'Authorization failed due to missing permission scope Policy.Read.All.');
  if (path === '/policies/authorizationPolicy')
    return { defaultUserRolePermissions: { allowedToCreateApps: behaviour.usersMayRegister } };
  if (path === '/policies/defaultAppManagementPolicy') {
    const { secretDays } = behaviour;
    const limit = { restrictionType: 'passwordLifetime', state: 'enabled', maxLifetime: `P${secretDays}D` };
    const passwordCredentials = secretDays === undefined ? [] : [limit];
    return { isEnabled: secretDays !== undefined, applicationRestrictions: { passwordCredentials } };
  }
  return undefined;
}

const rooms = [answerPeople, answerApplication, answerPrincipal];

/** Answers one request to Microsoft Graph. */
export function answerGraph(model: AzureModel, request: Request): Answer {
  const claims = readToken(model, request.token, 'https://graph.microsoft.com');
  if (claims === undefined) return { status: 401, body: { error: { code: 'InvalidAuthenticationToken' } } };
  const { url, method } = request;
  const call: GraphCall = {
    ...{ model, tenant: claims.tid, caller: claims.oid, method, query: url.searchParams },
    path: decodeURIComponent(url.pathname.replace('/v1.0', '')),
    headers: request.headers ?? new Headers(),
    body: part(request.body),
  };
  const act = (): unknown => {
    for (const room of rooms) {
      const given = room(call);
      if (given !== undefined) return given;
    }
    model.unknown.push(`${method} ${url.href}`);
    throw bad('The model does not know this.');
  };
  try {
    if (method === 'GET') return { status: 200, body: model.read(`GET graph ${call.path}`, act) };
    if (model.behaviour.demandsMfa && !claims.mfa) return mfaDemanded;
    if ([...url.searchParams].length > 0) throw bad('Query options belong to reads.');
    const given = model.write(`${method} graph ${essential(call.path)}`, act);
    return given === noContent ? { status: 204 } : { status: 200, body: given };
  } catch (error) {
    if (error instanceof Refused) return error.answer;
    throw error;
  }
}

/** A path without ids: `applications addPassword`. */
const essential = (path: string): string =>
  path
    .split('/')
    .slice(1)
    .filter((part) => !/^[0-9a-f]{8}-|^grant-/i.test(part))
    .map((part) => part.replace(/\(.*\)$/, ''))
    .join(' ');

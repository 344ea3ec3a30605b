import { Refused, text } from './answers.ts';
import type { Principal } from './directory.ts';
import {
  bad,
  forbidden,
  type GraphCall,
  listOf,
  missing,
  noContent,
  readDirectory,
  selected,
  textsOf,
} from './graph-call.ts';

const otherTenant =
  'When using this permission, the backing application of the service principal being created must in the local tenant';

function create(call: GraphCall, clientId: string): unknown {
  const { model, tenant, caller, body, query } = call;
  const { directory } = model;
  const application = directory.applications.get(clientId);
  if (application === undefined)
    throw bad(`The appId '${clientId}' of the service principal does not reference a valid application object.`);
  if (application.tenant !== tenant) {
    if (application.body.signInAudience === 'AzureADMyOrg') throw bad(`The appId '${clientId}' is for one tenant.`);
    if (!directory.isAdministrator) throw new Refused(403, 'Authorization_RequestDenied', otherTenant);
  } else if (!directory.isKnown(application.madeAt)) {
    // The same refusal comes in two forms, as people report it.
    const isOdd = Math.floor(directory.now() / 1000) % 2 === 1;
    throw isOdd
      ? new Refused(403, 'Authorization_RequestDenied', otherTenant)
      : bad(`The appId '${clientId}' of the service principal does not reference a valid application object.`);
  } else if (
    !directory.isAdministrator &&
    !(application.owners.has(caller) && directory.behaviour.ownersMakePrincipals)
  ) {
    throw forbidden();
  }
  const made: Principal = {
    ...{ id: model.newId(), clientId, tenant, madeAt: directory.now(), tags: textsOf(body.tags) },
    ...{ owners: new Set(directory.isAdministrator ? [] : [caller]), appRoleAssignmentRequired: false },
  };
  directory.principals.set(made.id, made);
  return selected(query, shown(made));
}

const shown = ({ id, clientId, tags, appRoleAssignmentRequired }: Principal): Record<string, unknown> => ({
  ...{ id, appId: clientId, tags, appRoleAssignmentRequired },
});

function assign(call: GraphCall, resourceId: string): unknown {
  const { model, body, caller } = call;
  const { directory } = model;
  const appRoleId = text(body.appRoleId);
  const principalId = text(body.principalId);
  if (text(body.resourceId) !== resourceId) throw bad('resourceId does not match.');
  const service = directory.services.find(({ id }) => id === resourceId);
  const resource = directory.principals.get(resourceId);
  if (service === undefined && (resource === undefined || !directory.isKnown(resource.madeAt)))
    throw missing(resourceId);
  const mayAssign = directory.isAdministrator || resource?.owners.has(caller) === true;
  if (!mayAssign) throw forbidden();
  const client = directory.principals.get(principalId);
  if (client !== undefined && !directory.isKnown(client.madeAt)) throw bad('Not a valid reference update.');
  const application = resource === undefined ? undefined : directory.applications.get(resource.clientId);
  const offered =
    service?.appRoles ??
    (application !== undefined && directory.isKnown(application.rolesAt) ? listOf(application.body.appRoles) : []);
  if (!offered.some(({ id }) => id === appRoleId)) throw bad('Permission being assigned was not found on application.');
  const same = [...directory.assignments.values()].some(
    (one) => one.principalId === principalId && one.resourceId === resourceId && one.appRoleId === appRoleId,
  );
  if (same) throw bad('Permission being assigned already exists on the object.');
  const shownFrom = directory.now() + directory.behaviour.directoryDelayMs;
  const made = { id: `assigned-${directory.assignments.size}`, principalId, resourceId, appRoleId, shownFrom };
  directory.assignments.set(made.id, made);
  return made;
}

function grants(call: GraphCall, id: string | undefined): unknown {
  const { model, method, body } = call;
  const { directory } = model;
  const until = directory.now() + directory.behaviour.directoryDelayMs;
  if (method === 'PATCH' && id !== undefined) {
    const found = directory.grants.get(id);
    if (found === undefined) throw missing(id);
    if (!directory.isAdministrator) throw forbidden();
    found.shown = { scope: found.scope, until };
    found.scope = text(body.scope);
    return noContent;
  }
  if (method !== 'POST' || id !== undefined) return undefined;
  if (!directory.isAdministrator) throw forbidden();
  const [clientId, resourceId, consentType] = [text(body.clientId), text(body.resourceId), text(body.consentType)];
  const client = directory.principals.get(clientId);
  if (client === undefined || !directory.isKnown(client.madeAt)) throw missing(clientId);
  if (!directory.services.some((one) => one.id === resourceId)) throw missing(resourceId);
  const same = [...directory.grants.values()].some(
    (one) => one.clientId === clientId && one.resourceId === resourceId && one.consentType === consentType,
  );
  if (same) throw new Refused(409, 'Request_MultipleObjectsWithSameKeyValue', 'Permission entry already exists.');
  const made = {
    id: `grant-${directory.grants.size}`,
    clientId,
    resourceId,
    consentType,
    scope: text(body.scope),
    shown: { scope: undefined, until },
  };
  directory.grants.set(made.id, made);
  return made;
}

/** Everything below `/servicePrincipals` and `/oauth2PermissionGrants`. */
export function answerPrincipal(call: GraphCall): unknown {
  const { model, tenant, caller, method, path, headers, query } = call;
  const { directory } = model;
  const grant = /^\/oauth2PermissionGrants(?:\/([\w-]+))?$/.exec(path);
  if (grant !== null) return grants(call, grant[1]);
  const found = /^\/servicePrincipals(?:\(appId='([^']*)'\)|\/([\w-]+)\/(\w+))$/.exec(path);
  if (found === null) return undefined;
  const [, clientId, id = '', below] = found;
  if (clientId !== undefined) {
    const hasIt = model.behaviour.tenants.find((one) => one.id === tenant)?.hasExchange === true;
    const service = directory.services.find(
      (one) => one.appId === clientId && (hasIt || one.displayName === 'Microsoft Graph'),
    );
    const there = directory.principal(tenant, clientId);
    if (service !== undefined && method === 'GET') {
      readDirectory(call);
      return selected(query, { ...service });
    }
    if (method === 'PATCH' && headers.get('Prefer') === 'create-if-missing' && there === undefined)
      return create(call, clientId);
    readDirectory(call, there?.owners);
    if (there === undefined || !directory.isKnown(there.madeAt)) throw missing(clientId);
    if (method === 'GET') return selected(query, shown(there));
    if (!directory.mayChange(there, caller)) throw forbidden();
    if (method === 'PATCH') return noContent;
    if (method !== 'DELETE') return undefined;
    directory.principals.delete(there.id);
    return noContent;
  }
  const there = directory.principals.get(id);
  const isService = directory.services.some((one) => one.id === id);
  if (below === 'appRoleAssignedTo' && method === 'POST') return assign(call, id);
  if (method !== 'GET') return undefined;
  readDirectory(call, there?.owners);
  if (!isService && (there === undefined || !directory.isKnown(there.madeAt))) throw missing(id);
  const assigned = [...directory.assignments.values()].filter(({ shownFrom }) => shownFrom <= directory.now());
  if (below === 'appRoleAssignedTo') return { value: assigned.filter(({ resourceId }) => resourceId === id) };
  if (below === 'appRoleAssignments') return { value: assigned.filter(({ principalId }) => principalId === id) };
  if (below !== 'oauth2PermissionGrants') return undefined;
  const value = [...directory.grants.values()]
    .filter((one) => one.clientId === id)
    .map(({ shown: { scope, until }, ...one }) => ({ ...one, scope: until <= directory.now() ? one.scope : scope }))
    .filter((one) => one.scope !== undefined);
  return { value };
}

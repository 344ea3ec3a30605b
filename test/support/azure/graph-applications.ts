import { isRecord, part, Refused, text } from './answers.ts';
import type { Application } from './directory.ts';
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

const dayMs = 86_400_000;
const changeable = ['displayName', 'signInAudience', 'api', 'web', 'requiredResourceAccess', 'appRoles'];

const shown = (one: Application): Record<string, unknown> => ({
  ...{ id: one.objectId, appId: one.clientId, uniqueName: one.uniqueName ?? null },
  createdDateTime: new Date(one.madeAt).toISOString(),
  ...{
    api: { requestedAccessTokenVersion: null },
    web: { redirectUris: [] },
    requiredResourceAccess: [],
    appRoles: [],
  },
  ...one.body,
  passwordCredentials: [...one.secrets].map(([keyId, { displayName, endsAt }]) => ({
    ...{ keyId, displayName, endDateTime: new Date(endsAt).toISOString() },
  })),
});

/** Merges as Graph does: lists are replaced whole, `web` and `api` field by field. Refuses what Entra refuses. */
function changed({ body, clientId }: Application, given: Record<string, unknown>): Record<string, unknown> {
  for (const name of Object.keys(given))
    if (!changeable.includes(name)) throw bad(`Property '${name}' cannot be changed.`);
  const merged = { ...body, ...given };
  for (const name of ['web', 'api'] as const)
    if (isRecord(given[name])) merged[name] = { ...part(body[name]), ...part(given[name]) };
  for (const uri of textsOf(part(merged, 'web').redirectUris)) {
    if (!/^https:\/\/[^*?#]+$/.test(uri)) throw bad(`Invalid value specified for property 'redirectUris': ${uri}`);
  }
  if (
    merged.signInAudience === 'AzureADandPersonalMicrosoftAccount' &&
    part(merged, 'api').requestedAccessTokenVersion !== 2
  )
    throw bad('Property api.requestedAccessTokenVersion is invalid.');
  const roles = listOf(merged.appRoles);
  for (const before of listOf(body.appRoles)) {
    const after = roles.find(({ id }) => id === before.id);
    if (before.isEnabled === true && (after === undefined || after.value !== before.value))
      throw new Refused(
        400,
        'CannotDeleteOrUpdateEnabledEntitlement',
        'Permission (scope or role) cannot be deleted or updated unless disabled first.',
      );
  }
  if (new Set(roles.map(({ value }) => value)).size < roles.length) throw bad(`Duplicate role of ${clientId}.`);
  return merged;
}

function update(call: GraphCall, application: Application): typeof noContent {
  const { directory } = call.model;
  if (!directory.mayChange(application, call.caller)) throw forbidden();
  if ('appRoles' in call.body) application.rolesAt = directory.now();
  application.body = changed(application, call.body);
  return noContent;
}

function create({ model, tenant, caller, body, query }: GraphCall, uniqueName: string): unknown {
  const { directory } = model;
  if (!directory.mayRegister) throw forbidden();
  if (directory.deletedNames.has(`${tenant} ${uniqueName}`))
    throw bad('Another object with the same value for property uniqueName already exists.');
  if (text(body.displayName) === '') throw bad('displayName is needed.');
  const now = directory.now();
  const made: Application = {
    ...{ clientId: model.newId(), objectId: model.newId(), tenant, uniqueName, body: {}, madeAt: now, rolesAt: now },
    // Administrators are not added as owners; other people who register are.
    ...{ owners: new Set(directory.isAdministrator ? [] : [caller]), trusted: new Map(), secrets: new Map() },
  };
  made.body = changed(made, body);
  directory.applications.set(made.clientId, made);
  return selected(query, shown(made));
}

function addPassword({ model, caller, body }: GraphCall, application: Application): unknown {
  const { directory } = model;
  const { mayAddSecrets, forbidsSecrets, secretDays } = directory.behaviour;
  if (!mayAddSecrets || !directory.mayChange(application, caller)) throw forbidden();
  if (forbidsSecrets)
    throw new Refused(
      400,
      'CredentialTypeNotAllowedAsPerAppPolicy',
      "Credential type not allowed as per assigned policy '538f1913'.",
    );
  const { displayName, endDateTime } = part(body, 'passwordCredential');
  const endsAt = Date.parse(text(endDateTime));
  if (Number.isNaN(endsAt) || text(displayName) === '') throw bad('passwordCredential is needed.');
  if (secretDays !== undefined && endsAt - directory.now() > secretDays * dayMs)
    throw new Refused(
      400,
      'CredentialInvalidLifetimeAsPerAppPolicy',
      "Credential lifetime exceeds the max value allowed as per assigned policy '538f1913'.",
    );
  if (application.body.signInAudience === 'AzureADandPersonalMicrosoftAccount' && application.secrets.size >= 2)
    throw bad('An application for personal accounts has two passwords at most.');
  const keyId = model.newId();
  const secret = { displayName: text(displayName), value: `secret-${keyId}`, endsAt };
  application.secrets.set(keyId, secret);
  model.credentialMadeAt.set(keyId, model.clock.now());
  return { keyId, displayName, secretText: secret.value, endDateTime };
}

function federations(call: GraphCall, application: Application, name: string | undefined): unknown {
  const { model, method, body, caller } = call;
  if (method === 'GET' && name === undefined) return { value: [...application.trusted.values()] };
  if (name === undefined || !model.directory.mayChange(application, caller)) throw forbidden();
  if (method === 'DELETE') {
    if (!application.trusted.delete(name)) throw missing(name);
    return noContent;
  }
  if (method !== 'PATCH') return undefined;
  const there = application.trusted.get(name);
  if (there === undefined && call.headers.get('Prefer') !== 'create-if-missing') throw missing(name);
  const made = { name, issuer: text(body.issuer), subject: text(body.subject), audiences: textsOf(body.audiences) };
  const same = [...application.trusted.values()].some(
    (one) => one.name !== name && one.issuer === made.issuer && one.subject === made.subject,
  );
  if (same)
    throw new Refused(
      400,
      'InvalidFederatedIdentityCredentialValue',
      'The combination of issuer and subject must be unique for the application.',
    );
  if (there === undefined && application.trusted.size >= 20) throw bad('Too many federated identity credentials.');
  if (
    made.audiences.join() !== 'api://AzureADTokenExchange' ||
    !/^https:\/\/login\.microsoftonline\.com\/[0-9a-f-]{36}\/v2\.0$/.test(made.issuer)
  )
    throw bad('No such audience or issuer.');
  application.trusted.set(name, made);
  model.credentialMadeAt.set(made.subject, model.clock.now());
  return noContent;
}

/** Everything below `/applications`. */
export function answerApplication(call: GraphCall): unknown {
  const { model, tenant, caller, method, path, headers, query, body } = call;
  const found = /^\/applications\((appId|uniqueName)='([^']*)'\)(?:\/(\w+))?(?:\(name='([^']*)'\))?$/.exec(path);
  if (found === null) return undefined;
  const [, by, key = '', below, name] = found;
  const { directory } = model;
  const all = [...directory.applications.values()].filter((one) => one.tenant === tenant);
  const there = all.find((one) => (by === 'appId' ? one.clientId : one.uniqueName) === key);
  const isKnown = there !== undefined && directory.isKnown(there.madeAt);
  if (
    method === 'PATCH' &&
    below === undefined &&
    by === 'uniqueName' &&
    headers.get('Prefer') === 'create-if-missing'
  ) {
    if (there === undefined) return create(call, key);
    // A replica that does not know it yet tries to make it.
    if (!isKnown) throw bad('Another object with the same value for property uniqueName already exists.');
    return update(call, there);
  }
  readDirectory(call, there?.owners);
  if (!isKnown) throw missing(key);
  if (below === undefined && method === 'GET') return selected(query, shown(there));
  if (below === undefined && method === 'PATCH') return update(call, there);
  if (below === undefined && method === 'DELETE') {
    if (!directory.mayChange(there, caller)) throw forbidden();
    directory.applications.delete(there.clientId);
    if (there.uniqueName !== undefined) directory.deletedNames.add(`${tenant} ${there.uniqueName}`);
    const principal = directory.principal(tenant, there.clientId);
    if (principal !== undefined) directory.principals.delete(principal.id);
    return noContent;
  }
  if (below === 'federatedIdentityCredentials') return federations(call, there, name);
  if (below === 'appManagementPolicies' && method === 'GET') return { value: [] };
  if (below === 'addPassword' && method === 'POST') return addPassword(call, there);
  if (below === 'removePassword' && method === 'POST') {
    if (!directory.mayChange(there, caller)) throw forbidden();
    if (!there.secrets.delete(text(body.keyId)))
      throw bad(`No password credential found with keyId '${text(body.keyId)}'.`);
    return noContent;
  }
  return undefined;
}

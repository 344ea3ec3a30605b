import { type Answer, isRecord, mfaDemanded, part, Refused, type Request, text } from './answers.ts';
import type { AzureModel, Resource } from './model.ts';
import { readToken } from './tokens.ts';

const key = (id: string): string => id.toLowerCase();

/** Whether the roles of the person allow an action. */
export function mayDo({ behaviour }: AzureModel, action: string): boolean {
  const fits = (pattern: string) =>
    pattern === '*' ||
    key(pattern) === key(action) ||
    (pattern.endsWith('/*') && key(action).startsWith(key(pattern.slice(0, -1))));
  const suffix = (pattern: string) => pattern.startsWith('*/') && key(action).endsWith(key(pattern.slice(1)));
  return (
    behaviour.actions.some((one) => fits(one) || suffix(one)) &&
    !behaviour.notActions.some((one) => fits(one) || suffix(one))
  );
}

function demand(model: AzureModel, action: string, scope: string): void {
  if (mayDo(model, action)) return;
  throw new Refused(
    403,
    'AuthorizationFailed',
    `The client '${model.caller.user}' does not have authorization to perform action '${action}' over scope '${scope}'.`,
  );
}

const notFound = (what: string): Refused =>
  new Refused(404, 'ResourceNotFound', `The Resource '${what}' was not found.`);

function shown({ id, name, type, location, tags, properties }: Resource): object {
  return { id, name, type, location, tags, properties };
}

function subnetAt(model: AzureModel, path: string): object {
  const [at = '', name = ''] = path.split(/\/subnets\//i);
  const { subnets } = resourceAt(model, at).properties;
  const subnet = isRecord(subnets) ? subnets[name] : undefined;
  if (!isRecord(subnet)) throw notFound(path);
  return subnet;
}

interface Route {
  readonly method: string;
  readonly form: RegExp;
  readonly changes?: string;
  run(model: AzureModel, match: RegExpExecArray, request: Request): unknown;
}

const group = '/subscriptions/[^/]+/resourceGroups/([^/]+)';
const provider = `${group}/providers`;

const resourceAt = (model: AzureModel, id: string): Resource => {
  const found = model.resources.get(key(id));
  if (found === undefined) throw notFound(id);
  return found;
};

const routes: readonly Route[] = [
  {
    method: 'GET',
    form: new RegExp(`^${group}$`, 'i'),
    run(model, [, name = '']) {
      const found = model.groups.get(key(name));
      if (found === undefined)
        throw new Refused(404, 'ResourceGroupNotFound', `Resource group '${name}' could not be found.`);
      return found;
    },
  },
  {
    method: 'GET',
    form: new RegExp(`^${group}/resources$`, 'i'),
    run: (model, [, name = '']) => ({
      value: [...model.resources.values()]
        .filter(({ id }) => key(id).includes(`/resourcegroups/${key(name)}/`))
        .map(shown),
    }),
  },
  {
    method: 'GET',
    form: new RegExp(`^${provider}/Microsoft.Resources/tags/default$`, 'i'),
    run: (model, [, name = '']) => ({ properties: { tags: model.groups.get(key(name))?.tags ?? {} } }),
  },
  {
    method: 'PATCH',
    form: new RegExp(`^${provider}/Microsoft.Resources/tags/default$`, 'i'),
    changes: 'Microsoft.Resources/tags/write',
    run(model, [, name = ''], { body }) {
      const found = model.groups.get(key(name));
      if (found === undefined) throw notFound(name);
      Object.assign(found.tags, part(body, 'properties', 'tags'));
      return { properties: { tags: found.tags } };
    },
  },
  {
    method: 'GET',
    form: /^\/subscriptions\/[^/]+\/providers\/([\w.]+)$/i,
    run(model, [, name = '']) {
      const at = model.providers.get(key(name));
      const state = at === undefined ? 'NotRegistered' : model.clock.now() >= at ? 'Registered' : 'Registering';
      return { namespace: name, registrationState: state };
    },
  },
  {
    method: 'GET',
    form: /^(.*)\/providers\/Microsoft\.Authorization\/permissions$/i,
    run: ({ behaviour }) => ({ value: [{ actions: behaviour.actions, notActions: behaviour.notActions }] }),
  },
  {
    method: 'GET',
    form: /^(.*)\/providers\/Microsoft\.Authorization\/roleAssignments$/i,
    run(model, [, scope = ''], { url }) {
      const principal = /principalId eq '([^']+)'/.exec(url.searchParams.get('$filter') ?? '')?.[1];
      const related = (at: string) => key(at).startsWith(key(scope)) || key(scope).startsWith(key(at));
      const value = [...model.assignments.values()].filter(
        (one) => one.principalId === principal && related(one.scope),
      );
      return { value: value.map(({ id, name, ...properties }) => ({ id, name, properties })) };
    },
  },
  {
    method: 'PUT',
    form: /^(.*)\/providers\/Microsoft\.Authorization\/roleAssignments\/([0-9a-f-]{36})$/i,
    changes: 'Microsoft.Authorization/roleAssignments/write',
    run(model, [id, scope = '', name = ''], { body }) {
      const { principalId, principalType, roleDefinitionId } = part(body, 'properties');
      if (!['User', 'ServicePrincipal'].includes(text(principalType)))
        throw new Refused(400, 'InvalidPrincipal', 'principalType is missing.');
      if (!model.assignments.has(key(id))) {
        model.assignments.set(key(id), {
          id,
          name,
          scope,
          principalId: text(principalId),
          roleDefinitionId: text(roleDefinitionId),
          madeAt: model.clock.now(),
        });
      }
      return { id, name, properties: { scope, principalId, roleDefinitionId } };
    },
  },
  {
    method: 'DELETE',
    form: /^(.*)\/providers\/Microsoft\.Authorization\/roleAssignments\/([0-9a-f-]{36})$/i,
    changes: 'Microsoft.Authorization/roleAssignments/delete',
    run(model, [id, scope = '']) {
      const locked = [...model.locks.keys()].some((lock) =>
        key(scope).startsWith(lock.split('/providers/microsoft.authorization/locks/')[0] ?? '-'),
      );
      if (locked)
        throw new Refused(
          409,
          'ScopeLocked',
          `The scope '${scope}' cannot perform delete operation because of a lock.`,
        );
      model.assignments.delete(key(id));
      return undefined;
    },
  },
  {
    method: 'GET',
    form: /^(.*)\/providers\/Microsoft\.Authorization\/locks$/i,
    run: (model, [, scope = '']) => ({
      value: [...model.locks.values()].filter(({ id }) => key(id).startsWith(key(scope))),
    }),
  },
  {
    method: 'DELETE',
    form: /^(.*)\/providers\/Microsoft\.Authorization\/locks\/([^/]+)$/i,
    changes: 'Microsoft.Authorization/locks/delete',
    run: (model, [id]) => void model.locks.delete(key(id)),
  },
  {
    method: 'POST',
    form: /^\/subscriptions\/[^/]+\/providers\/Microsoft\.(Web|Storage|KeyVault)\/checkNameAvailability$/i,
    run(model, [, service = ''], { body }) {
      const name = text(part(body).name);
      const deleted = service === 'KeyVault' && model.deletedVaults.has(key(name));
      const used = [...model.resources.values()].some(
        (one) => key(one.name) === key(name) && one.type.startsWith(`Microsoft.${service}/`),
      );
      const nameAvailable = !used && !deleted && !model.behaviour.takenNames.has(name);
      return {
        nameAvailable,
        ...(nameAvailable ? {} : { reason: 'AlreadyExists', message: `The name ${name} is taken.` }),
      };
    },
  },
  {
    method: 'GET',
    form: /^\/subscriptions\/[^/]+\/providers\/Microsoft\.KeyVault\/deletedVaults$/i,
    run: (model) => ({
      value: [...model.deletedVaults.values()].map(({ resource }) => ({
        name: resource.name,
        properties: { vaultId: resource.id, location: resource.location, scheduledPurgeDate: '2027-02-20T00:00:00Z' },
      })),
    }),
  },
  {
    method: 'GET',
    form: new RegExp(`^${provider}/Microsoft.KeyVault/vaults/([^/]+)/secrets$`, 'i'),
    run(model, [path, , name = '']) {
      resourceAt(model, path.replace(/\/secrets$/i, ''));
      const secrets = [...(model.vaults.get(key(name))?.secrets ?? [])];
      const value = secrets.map(([secret, versions]) => {
        const newest = versions.at(-1);
        return {
          name: secret,
          tags: newest?.tags ?? {},
          properties: { attributes: { enabled: newest?.enabled, exp: newest?.exp } },
        };
      });
      return { value };
    },
  },
  {
    method: 'POST',
    form: new RegExp(`^${provider}/Microsoft.Web/sites/([^/]+)/config/appsettings/list$`, 'i'),
    run(model, [path, , name = '']) {
      resourceAt(model, path.replace(/\/config\/appsettings\/list$/i, ''));
      return { properties: { ...model.apps.get(key(name))?.settings } };
    },
  },
  {
    method: 'GET',
    form: new RegExp(`^${provider}/Microsoft.Web/sites/([^/]+)/functions$`, 'i'),
    run(model, [path, , name = '']) {
      resourceAt(model, path.replace(/\/functions$/i, ''));
      const app = model.apps.get(key(name));
      const listed = app !== undefined && model.clock.now() >= app.listedAt ? app.functions : [];
      return { value: listed.map((one) => ({ name: `${name}/${one}` })) };
    },
  },
  {
    method: 'GET',
    form: new RegExp(`^${provider}/Microsoft.Web/sites/([^/]+)/config/authsettingsV2$`, 'i'),
    run(model, [path, , name = '']) {
      resourceAt(model, path.replace(/\/config\/authsettingsV2$/i, ''));
      return { properties: { platform: { enabled: model.apps.get(key(name))?.authentication } } };
    },
  },
  {
    method: 'GET',
    form: new RegExp(`^${provider}/Microsoft.Web/sites/([^/]+)/basicPublishingCredentialsPolicies/(ftp|scm)$`, 'i'),
    run(model, [path, , name = '', door = '']) {
      resourceAt(model, path.replace(/\/basicPublishingCredentialsPolicies\/\w+$/i, ''));
      return { properties: { allow: model.apps.get(key(name))?.passwords[door === 'ftp' ? 'ftp' : 'scm'] } };
    },
  },
  {
    method: 'GET',
    form: new RegExp(`^${provider}/Microsoft.Web/sites$`, 'i'),
    run: (model, [, name = '']) => ({
      value: [...model.resources.values()]
        .filter(({ id, type }) => type === 'Microsoft.Web/sites' && key(id).includes(`/resourcegroups/${key(name)}/`))
        .map(shown),
    }),
  },
  {
    method: 'GET',
    form: new RegExp(`^${provider}/Microsoft.Network/virtualNetworks/([^/]+)/subnets/([^/]+)$`, 'i'),
    run: (model, [path, , , name = '']) => ({ name, properties: { ...subnetAt(model, path) } }),
  },
  {
    method: 'PUT',
    form: new RegExp(`^${provider}/Microsoft.Network/virtualNetworks/([^/]+)/subnets/([^/]+)$`, 'i'),
    changes: 'Microsoft.Network/virtualNetworks/subnets/write',
    run(model, [path, , , name = ''], { body }) {
      const network = resourceAt(model, path.replace(/\/subnets\/.*$/i, ''));
      const properties = part(body, 'properties');
      if (properties.addressPrefix === undefined)
        throw new Refused(400, 'InvalidRequestFormat', 'addressPrefix is missing.');
      // Replaced whole, as ARM does it.
      network.properties.subnets = { ...part(network.properties.subnets), [name]: properties };
      return { name, properties };
    },
  },
  {
    method: 'PATCH',
    form: new RegExp(`^${provider}/Microsoft.KeyVault/vaults/([^/]+)$`, 'i'),
    changes: 'Microsoft.KeyVault/vaults/write',
    run(model, [path], { body }) {
      const vault = resourceAt(model, path);
      Object.assign(vault.properties, part(body, 'properties'), { changedAt: model.clock.now() });
      return shown(vault);
    },
  },
  {
    method: 'GET',
    form: new RegExp(`^${provider}/([\\w.]+/\\w+)/([^/]+)$`, 'i'),
    run: (model, [path]) => shown(resourceAt(model, path)),
  },
];

/** Answers one request to Azure Resource Manager. */
export function answerArm(model: AzureModel, request: Request): Answer {
  const { method, url, token } = request;
  const path = decodeURIComponent(url.pathname);
  const route = routes.find((one) => one.method === method && one.form.test(path));
  const match = route?.form.exec(path);
  if (route === undefined || match === undefined || match === null || !url.searchParams.has('api-version')) {
    model.unknown.push(`${method} ${url.href}`);
    return {
      status: 400,
      body: { error: { code: 'InvalidRequest', message: `The model does not know ${method} ${path}.` } },
    };
  }
  const claims = readToken(model, token, 'https://management.azure.com');
  if (claims === undefined)
    return { status: 401, body: { error: { code: 'InvalidAuthenticationToken', message: 'No token.' } } };
  const { changes } = route;
  try {
    if (model.behaviour.deniedPaths?.test(path) === true) {
      throw new Refused(403, 'AuthorizationFailed', `The client may not read ${path}.`);
    }
    if (changes === undefined)
      return { status: 200, body: model.read(`${method} ${path}`, () => route.run(model, match, request)) };
    if (model.behaviour.demandsMfa && !claims.mfa) return mfaDemanded;
    const last = path.split('/').at(-1) ?? '';
    return {
      status: 200,
      body: model.write(`${method} ${changes} ${last}`, () => {
        demand(model, changes, path);
        return route.run(model, match, request);
      }),
    };
  } catch (error) {
    if (error instanceof Refused) return error.answer;
    throw error;
  }
}

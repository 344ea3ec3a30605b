import { type Answer, part, Refused, type Request, text } from './answers.ts';
import type { AzureModel, SecretVersion, Vault } from './model.ts';
import { readToken } from './tokens.ts';

const officer = 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7';

/** Whether the vault lets this caller in: first its firewall, then its roles. */
function guard(model: AzureModel, name: string, oid: string): void {
  const resource = [...model.resources.values()].find(
    (one) => one.type === 'Microsoft.KeyVault/vaults' && one.name.toLowerCase() === name,
  );
  if (resource === undefined) throw new Refused(404, 'VaultNotFound', 'No such vault.');
  const { publicNetworkAccess, networkAcls, changedAt } = resource.properties;
  const settled = typeof changedAt !== 'number' || model.clock.now() - changedAt >= model.behaviour.firewallDelayMs;
  const acls = part({ networkAcls }, 'networkAcls');
  if (publicNetworkAccess === 'Disabled' || !settled) {
    throw new Refused(
      403,
      'Forbidden',
      'Public network access is disabled and request is not from a trusted service.',
      'ForbiddenByConnection',
    );
  }
  const addresses = Array.isArray(acls.ipRules) ? acls.ipRules.map((rule) => text(part(rule).value)) : [];
  if (acls.defaultAction === 'Deny' && !addresses.includes(model.behaviour.clientAddress)) {
    const message = `Client address is not authorized and caller is not a trusted service.\r\nClient address: ${model.behaviour.clientAddress}\r\nCaller: appid=x`;
    throw new Refused(403, 'Forbidden', message, 'ForbiddenByFirewall');
  }
  if (!model.counts(oid, officer, resource.id)) {
    throw new Refused(403, 'Forbidden', 'Caller is not authorized to perform action on resource.', 'ForbiddenByRbac');
  }
}

const idOf = (vault: string, name: string, { version }: SecretVersion): string =>
  `https://${vault}.vault.azure.net/secrets/${name}/${version}`;

function act(model: AzureModel, host: string, vault: Vault, { method, url, body }: Request): unknown {
  const [, kind, name = '', version] = url.pathname.split('/');
  const versions = vault.secrets.get(name);
  const missing = new Refused(
    404,
    'SecretNotFound',
    `A secret with (name/id) ${name} was not found in this key vault.`,
  );
  if (kind === 'secrets' && method === 'GET' && name === '') {
    return {
      value: [...vault.secrets.keys()].map((one) => ({ id: `https://${host}.vault.azure.net/secrets/${one}` })),
    };
  }
  if (kind === 'secrets' && method === 'GET' && version === 'versions') {
    if (versions === undefined) throw missing;
    return {
      // In no order: here the oldest first.
      value: versions.map((one) => ({
        id: idOf(host, name, one),
        attributes: { enabled: one.enabled, created: Math.floor(one.createdAt / 1000) },
        tags: one.tags,
      })),
    };
  }
  if (kind === 'secrets' && method === 'GET') {
    const newest = versions?.at(-1);
    if (newest === undefined) throw missing;
    if (!newest.enabled)
      throw new Refused(403, 'Forbidden', 'Operation get is not allowed on a disabled secret.', 'SecretDisabled');
    return { id: idOf(host, name, newest), value: newest.value };
  }
  if (kind === 'secrets' && method === 'PUT') {
    const { value, tags, attributes } = part(body);
    if (vault.deletedSecrets.has(name))
      throw new Refused(409, 'Conflict', `Secret ${name} is currently in a deleted but recoverable state.`);
    return model.write(`PUT secret ${name}`, () => {
      const exp = part({ attributes }, 'attributes').exp;
      const made: SecretVersion = {
        version: model.newId().replaceAll('-', ''),
        value: text(value),
        enabled: true,
        exp: typeof exp === 'number' ? exp : undefined,
        createdAt: model.clock.now(),
        tags: Object.fromEntries(Object.entries(part({ tags }, 'tags')).map(([tag, given]) => [tag, text(given)])),
      };
      vault.secrets.set(name, [...(versions ?? []), made]);
      return { id: idOf(host, name, made) };
    });
  }
  if (kind === 'secrets' && method === 'PATCH' && version !== undefined) {
    const found = versions?.find((one) => one.version === version);
    if (found === undefined) throw missing;
    return model.write(`PATCH secret ${name}`, () => {
      found.enabled = part(body, 'attributes').enabled === true;
      return { id: idOf(host, name, found) };
    });
  }
  if (kind === 'deletedsecrets' && method === 'GET') {
    if (!vault.deletedSecrets.has(name)) throw missing;
    return { id: name };
  }
  if (kind === 'deletedsecrets' && method === 'POST' && version === 'recover') {
    return model.write(`POST recover ${name}`, () => {
      vault.secrets.set(name, vault.deletedSecrets.get(name) ?? []);
      vault.deletedSecrets.delete(name);
      return {};
    });
  }
  model.unknown.push(`${method} ${url.href}`);
  throw new Refused(400, 'BadParameter', 'The model does not know this.');
}

/** Answers one request to a vault's own interface. */
export function answerVault(model: AzureModel, host: string, request: Request): Answer {
  const claims = readToken(model, request.token, 'https://vault.azure.net');
  if (claims === undefined)
    return { status: 401, body: { error: { code: 'Unauthorized', message: 'AKV10000: no token.' } } };
  try {
    return {
      status: 200,
      body: model.read(`${request.method} ${host}${request.url.pathname}`, () => {
        guard(model, host, claims.oid);
        const vault = model.vaults.get(host);
        if (vault === undefined) throw new Refused(404, 'VaultNotFound', 'No such vault.');
        return act(model, host, vault, request);
      }),
    };
  } catch (error) {
    if (error instanceof Refused) return error.answer;
    throw error;
  }
}

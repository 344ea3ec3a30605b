import { type Answer, part, type Request, text } from './answers.ts';
import type { App, AzureModel } from './model.ts';
import { appRoles } from './templates.ts';
import { identityOf } from './upload.ts';

const problem = (status: number, code: string): Answer => ({
  status,
  body: { code, detail: code, remedy: 'See docs/error-codes.md.' },
});

/** Whether the app may read a secret of its vault: the role on it counts. */
function readSecret(model: AzureModel, app: App, name: string): string | undefined {
  const vault = new URL(app.settings.KEY_VAULT_URL ?? '').hostname.split('.')[0] ?? '';
  const resource = [...model.resources.values()].find(
    (one) => one.type === 'Microsoft.KeyVault/vaults' && one.name.toLowerCase() === vault,
  );
  const identity = identityOf(model, app.settings);
  if (resource === undefined || identity === undefined) return undefined;
  if (!model.counts(identity, appRoles.secretsUser, `${resource.id}/secrets/${name}`)) return undefined;
  // The broker takes the newest version that is enabled (src/lib/vault/reader.ts).
  return model.vaults
    .get(vault)
    ?.secrets.get(name)
    ?.findLast((version) => version.enabled)?.value;
}

function reachesTables(model: AzureModel, app: App): boolean {
  const tables = new URL(app.settings.TABLES_URL ?? '').hostname.split('.')[0];
  const account = [...model.resources.values()].find(
    (one) => one.type === 'Microsoft.Storage/storageAccounts' && one.name === tables,
  );
  const identity = identityOf(model, app.settings);
  return account !== undefined && identity !== undefined && model.counts(identity, appRoles.tables, account.id);
}

/** The root keys that the app can read, the newest last. */
function rootVersions(model: AzureModel, app: App) {
  const vault = new URL(app.settings.KEY_VAULT_URL ?? '').hostname.split('.')[0] ?? '';
  return (model.vaults.get(vault)?.secrets.get('broker-root') ?? []).filter(({ enabled }) => enabled);
}

/** One go at moving rows to the newest root key; what lies under a version that is disabled opens no more. */
function moveRows(model: AzureModel, app: App): object {
  const versions = rootVersions(model, app);
  const newest = versions.at(-1);
  if (newest === undefined) throw new Error('There is no root key.');
  let [moves, left] = [model.behaviour.rowsAGo, 0];
  for (const [version, rows] of app.sealed) {
    if (version === newest.version) continue;
    const moved = versions.some((one) => one.version === version) ? Math.min(moves, rows) : 0;
    moves -= moved;
    left += rows - moved;
    app.sealed.set(version, rows - moved);
    app.sealed.set(newest.version, (app.sealed.get(newest.version) ?? 0) + moved);
  }
  // The age of a value in a cache of five minutes, and an hour where the vault cannot be reached.
  const settledAt = newest.createdAt + 65 * 60_000;
  const { count, until } = model.behaviour.links;
  return {
    version: newest.version,
    at: new Date(model.clock.now()).toISOString(),
    left,
    kinds: [{ kind: 'grants', rows: left + (app.sealed.get(newest.version) ?? 0), left, failed: 0, broken: 0 }],
    expiring: until > model.clock.now() ? [{ kind: 'links', count, until: new Date(until).toISOString() }] : [],
    settledAt: new Date(settledAt).toISOString(),
    done: left === 0 && model.clock.now() >= settledAt,
  };
}

/** What Entra says of the app's credential. */
function credential(model: AzureModel, app: App): { status: string; code: string | null } {
  const application = model.applications.get(app.settings.CLIENT_ID ?? '');
  const settled = (made: string) =>
    model.clock.now() - (model.credentialMadeAt.get(made) ?? 0) >= model.behaviour.credentialDelayMs;
  if (app.settings.CREDENTIAL_MODE === 'federated') {
    const identity = identityOf(model, app.settings) ?? '';
    const good =
      !model.behaviour.refusesFederation &&
      [...(application?.trusted.values() ?? [])].some(({ subject }) => subject === identity) &&
      settled(identity);
    return good ? { status: 'ok', code: null } : { status: 'fail', code: 'federation_refused' };
  }
  const value = readSecret(model, app, app.settings.CLIENT_SECRET_NAME ?? '');
  const found = [...(application?.secrets ?? [])].find(([, secret]) => secret.value === value);
  if (found === undefined) return { status: 'fail', code: 'client_secret_invalid' };
  return settled(found[0]) ? { status: 'ok', code: null } : { status: 'fail', code: 'client_secret_invalid' };
}

/** The deployed broker, as far as the deploy asks it. */
export function answerBroker(model: AzureModel, name: string, request: Request): Answer {
  const { method, url, token, body } = request;
  const app = model.apps.get(name);
  const path = url.pathname.replace('/api/', '');
  const read = (act: () => Answer) => model.read(`${method} broker ${path}`, act);
  if (app === undefined || app.functions.length === 0 || model.clock.now() < app.listedAt) {
    return read(() => ({ status: 503, body: 'Function host is not running.' }));
  }
  if (model.behaviour.isMute) return read(() => ({ status: 503, body: 'Function host is not running.' }));
  if (path === 'health')
    return read(() =>
      app.settings.POLL_INTERVAL === 'never'
        ? problem(503, 'settings_broken')
        : { status: 200, body: { status: 'ok' } },
    );
  const root = readSecret(model, app, 'broker-root');
  if (root === undefined) return read(() => problem(503, 'vault_forbidden'));
  if (!reachesTables(model, app)) return read(() => problem(503, 'storage_unreachable'));
  const isBootstrap = token !== '' && readSecret(model, app, 'bootstrap-admin-key') === token;
  if (!isBootstrap && !app.keys.some(({ key }) => key === token)) return read(() => problem(401, 'key_invalid'));
  if (path === 'keys' && method === 'GET')
    return read(() => ({ status: 200, body: { items: app.keys.map(({ id, label }) => ({ id, label })) } }));
  if (path === 'keys' && method === 'POST') {
    return model.write('POST broker keys', () => {
      const made = {
        id: model.newId().replaceAll('-', '').slice(0, 12),
        key: `nmb_${model.newId().replaceAll('-', '')}`,
        label: text(part(body).label),
      };
      app.keys.push(made);
      return { status: 201, body: made };
    });
  }
  if (path.startsWith('keys/') && method === 'DELETE') {
    return model.write('DELETE broker keys', () => {
      app.keys.splice(
        app.keys.findIndex(({ id }) => path.endsWith(id)),
        1,
      );
      return { status: 204 };
    });
  }
  if (path === 'reseal' && method === 'GET') {
    return read(() => ({ status: 200, body: { progress: app.reseal ?? null } }));
  }
  if (path === 'reseal' && method === 'POST') {
    return model.write('POST broker reseal', () => {
      app.reseal = moveRows(model, app);
      return { status: 200, body: { progress: app.reseal } };
    });
  }
  if (path === 'doctor') {
    const found = credential(model, app);
    const items = [
      {
        check: 'credential',
        ...found,
        sentence: found.status === 'ok' ? "Microsoft accepts the app's credential." : 'Microsoft refuses it.',
        remedy: null,
      },
    ];
    return read(() => ({ status: 200, body: { status: found.status, version: app.version, items } }));
  }
  if (path === 'tenant-consent-links' && method === 'POST') {
    return read(() => ({
      status: 201,
      body: {
        url: `https://${name}.azurewebsites.net/api/tenant-consent?token=t&permissions=${text(part(body).permissions)}`,
      },
    }));
  }
  model.unknown.push(`${method} ${url.href}`);
  return problem(404, 'not_found');
}

import { basename } from 'node:path';
import type { ProgramAnswer, ProgramCall } from '../../../cli/azure/program.ts';
import { challengeClaims, Refused } from './answers.ts';
import { mayDo } from './arm.ts';
import type { AzureModel } from './model.ts';
import { Broken } from './model.ts';
import { deleteOfNetwork } from './network.ts';
import { deployTo } from './templates.ts';
import { issueToken } from './tokens.ts';
import { uploadPackage } from './upload.ts';

type Flags = Readonly<Record<string, string>>;
const key = (text: string): string => text.toLowerCase();

interface Command {
  readonly required?: readonly string[];
  readonly optional?: readonly string[];
  /** Flags without a value. */
  readonly bare?: readonly string[];
  /** What ARM has to allow; such a command changes something. */
  readonly changes?: string;
  run(model: AzureModel, flags: Flags, call: ProgramCall): unknown;
}

class Usage extends Error {
  override readonly name = 'Usage';
}

/** What az itself refuses, in its words. */
class AzError extends Error {
  override readonly name = 'AzError';
}

const account = (model: AzureModel, wanted: string | undefined): object => {
  const { subscription, caller, behaviour } = model;
  if (!behaviour.loggedIn) throw new AzError("Please run 'az login' to setup account.");
  if (wanted !== undefined && wanted !== subscription.id && wanted !== subscription.name) {
    throw new AzError(`The subscription of '${wanted}' doesn't exist in cloud 'AzureCloud'.`);
  }
  return {
    id: subscription.id,
    name: subscription.name,
    state: subscription.state,
    tenantId: subscription.tenant,
    environmentName: behaviour.cloud,
    user: { name: caller.user, type: caller.principalType },
  };
};

const subscriptionOnly = ['subscription'];

const commands: Readonly<Record<string, Command>> = {
  version: {
    run: ({ behaviour }) => ({
      'azure-cli': behaviour.azVersion,
      'azure-cli-core': behaviour.azVersion,
      extensions: {},
    }),
  },
  'account show': { optional: subscriptionOnly, run: (model, { subscription }) => account(model, subscription) },
  'account list-locations': {
    run: () => [
      { name: 'westeurope', metadata: { latitude: '52.3667', longitude: '4.9' } },
      { name: 'northeurope', metadata: { latitude: '53.3478', longitude: '-6.2597' } },
      { name: 'swedencentral', metadata: { latitude: '60.67488', longitude: '17.14127' } },
      { name: 'eastus', metadata: { latitude: '37.3719', longitude: '-79.8164' } },
      { name: 'germanywestcentral', metadata: { latitude: '50.110924', longitude: '8.682127' } },
      { name: 'southeastasia', metadata: { latitude: '1.283', longitude: '103.833' } },
      { name: 'global', metadata: { latitude: null, longitude: null } },
    ],
  },
  'account get-access-token': {
    required: ['resource'],
    optional: ['subscription', 'tenant'],
    run(model, { resource = '', tenant, subscription }) {
      account(model, subscription);
      if (tenant !== undefined && model.behaviour.isCloudShell)
        throw new AzError("Tenant shouldn't be specified for Cloud Shell account");
      if (tenant !== undefined && subscription !== undefined)
        throw new Usage('Please specify only one of subscription and tenant, not both');
      const known = model.behaviour.tenants.find((one) =>
        [one.id, one.domain].includes(tenant ?? model.subscription.tenant),
      );
      if (known === undefined)
        throw new AzError(
          `AADSTS50076: Due to a configuration change, you must use multi-factor authentication to access. Run az login --tenant "${tenant}"`,
        );
      return {
        accessToken: issueToken(model, resource, known.id),
        expires_on: model.clock.now() / 1000 + 3600,
        tenant: known.id,
        tokenType: 'Bearer',
      };
    },
  },
  'functionapp list-flexconsumption-locations': {
    run: ({ behaviour }) => behaviour.flexRegions.map((name) => ({ name })),
  },
  'functionapp list-flexconsumption-runtimes': {
    required: ['location', 'runtime'],
    run: ({ behaviour }) =>
      behaviour.nodeVersions.map((version) => ({
        runtime: 'node',
        version,
        sku: { functionAppConfigProperties: { runtime: { name: 'node', version } } },
      })),
  },
  'functionapp deployment source config-zip': {
    required: ['resource-group', 'name', 'src'],
    optional: subscriptionOnly,
    changes: 'Microsoft.Web/sites/publish/action',
    run(model, { name = '' }) {
      uploadPackage(model, name);
      return {};
    },
  },
  'group create': {
    required: ['name', 'location'],
    optional: subscriptionOnly,
    changes: 'Microsoft.Resources/subscriptions/resourceGroups/write',
    run(model, { name = '', location = '' }) {
      const before = model.groups.get(key(name));
      if (before !== undefined && before.location !== location)
        throw new Refused(409, 'InvalidResourceGroupLocation', 'The group is elsewhere.');
      model.groups.set(key(name), { name, location, tags: before?.tags ?? {} });
      return { name, location };
    },
  },
  'group delete': {
    required: ['name'],
    optional: subscriptionOnly,
    bare: ['yes'],
    changes: 'Microsoft.Resources/subscriptions/resourceGroups/delete',
    run(model, { name = '', yes }) {
      if (yes === undefined) throw new AzError('Unable to prompt for confirmation as no tty available. Use --yes.');
      deleteGroup(model, name);
      return undefined;
    },
  },
  'functionapp vnet-integration remove': {
    required: ['name', 'resource-group'],
    optional: subscriptionOnly,
    changes: 'Microsoft.Web/sites/networkConfig/delete',
    run(model, { name = '' }) {
      const app = [...model.resources.values()].find((one) => one.type === 'Microsoft.Web/sites' && one.name === name);
      if (app === undefined) throw new Refused(404, 'ResourceNotFound', `The Resource '${name}' was not found.`);
      app.properties.virtualNetworkSubnetId = null;
      return undefined;
    },
  },
  'resource delete': {
    required: ['ids'],
    optional: subscriptionOnly,
    changes: 'Microsoft.Network/delete',
    run: (model, { ids = '' }) => deleteOfNetwork(model, ids),
  },
  'provider register': {
    required: ['namespace'],
    optional: subscriptionOnly,
    changes: 'Microsoft.Resources/subscriptions/providers/register/action',
    run: (model, { namespace = '' }) =>
      void model.providers.set(key(namespace), model.clock.now() + model.behaviour.registerMs),
  },
  'deployment group create': {
    required: ['resource-group', 'template-file', 'parameters'],
    optional: ['name', 'no-prompt', ...subscriptionOnly],
    changes: 'Microsoft.Resources/deployments/write',
    run(model, flags, { input }) {
      const { 'resource-group': group = '', 'template-file': file = '', parameters } = flags;
      if (!model.groups.has(key(group)))
        throw new Refused(404, 'ResourceGroupNotFound', `Resource group '${group}' could not be found.`);
      if (parameters !== '@-') throw new AzError(`Unable to parse parameter: ${parameters}`);
      const name = basename(file.replaceAll('\\', '/'));
      const action =
        name === 'lock.bicep' ? 'Microsoft.Authorization/locks/write' : 'Microsoft.Authorization/roleAssignments/write';
      if (!mayDo(model, action))
        throw new Refused(
          403,
          'AuthorizationFailed',
          `The client does not have authorization to perform action '${action}'.`,
        );
      for (const one of ['Microsoft.Web', 'Microsoft.KeyVault']) {
        if ((model.providers.get(key(one)) ?? Number.POSITIVE_INFINITY) > model.clock.now()) {
          throw new Refused(
            409,
            'MissingSubscriptionRegistration',
            `The subscription is not registered to use namespace '${one}'.`,
          );
        }
      }
      const outputs = deployTo(model, group, name, JSON.parse(input ?? 'null'));
      return {
        properties: {
          provisioningState: 'Succeeded',
          outputs: Object.fromEntries(
            Object.entries(outputs).map(([output, value]) => [output, { type: 'String', value }]),
          ),
        },
      };
    },
  },
};

function deleteGroup(model: AzureModel, name: string): void {
  const inside = (id: string) => key(id).includes(`/resourcegroups/${key(name)}/`);
  if ([...model.locks.keys()].some(inside))
    throw new Refused(409, 'ScopeLocked', `The scope cannot perform delete operation because of a lock.`);
  for (const resource of [...model.resources.values()].filter(({ id }) => inside(id))) {
    model.resources.delete(key(resource.id));
    const vault = model.vaults.get(key(resource.name));
    if (resource.type === 'Microsoft.KeyVault/vaults' && vault !== undefined) {
      model.vaults.delete(key(resource.name));
      model.deletedVaults.set(key(resource.name), { resource, vault });
    }
    if (resource.type === 'Microsoft.Web/sites') model.apps.delete(key(resource.name));
  }
  for (const one of [...model.assignments.values()]) if (inside(`${one.scope}/`)) model.assignments.delete(key(one.id));
  model.groups.delete(key(name));
}

/** Reads a command line as az does: every flag known, none missing, each with its value. */
function parse(args: readonly string[]): { command: Command; flags: Flags; name: string } {
  const name = Object.keys(commands).find((one) => one.split(' ').every((word, place) => args[place] === word));
  const command = name === undefined ? undefined : commands[name];
  if (name === undefined || command === undefined)
    throw new Usage(`'${args.slice(0, 3).join(' ')}' is misspelled or not recognized by the system.`);
  const flags: Record<string, string> = {};
  const rest = [...args.slice(name.split(' ').length)];
  while (rest.length > 0) {
    const flag = rest.shift() ?? '';
    const word = flag.replace(/^--/, '');
    if (!flag.startsWith('--')) throw new Usage(`unrecognized arguments: ${flag}`);
    if (['only-show-errors', ...(command.bare ?? [])].includes(word)) flags[word] = 'true';
    else if (['output', ...(command.required ?? []), ...(command.optional ?? [])].includes(word)) {
      const value = rest.shift();
      if (value === undefined || value.startsWith('--')) throw new Usage(`argument ${flag}: expected one argument`);
      flags[word] = value;
    } else throw new Usage(`unrecognized arguments: ${flag}`);
  }
  const missing = (command.required ?? []).filter((one) => flags[one] === undefined);
  if (missing.length > 0)
    throw new Usage(`the following arguments are required: ${missing.map((one) => `--${one}`).join(', ')}`);
  return { command, flags, name };
}

const failed = (code: number, stderr: string): ProgramAnswer => ({ code, stdout: '', stderr: `ERROR: ${stderr}\n` });

const mfaText = (tenant: string): string =>
  `(RequestDisallowedByAzure) Resource was disallowed by Azure: MFA is required.\nRun the command below to authenticate interactively; additional arguments may be added as needed:\naz logout\naz login --tenant "${tenant}" --scope "https://management.core.windows.net//.default" --claims-challenge "${challengeClaims}"`;

/** Runs one `az` command against the model. */
export function runAz(model: AzureModel, call: ProgramCall): ProgramAnswer {
  model.seen.push(...call.args);
  model.azCalls.push(call.args);
  if (call.args[0] === 'login') {
    model.read('az login', () => undefined);
    model.behaviour.loggedIn = true;
    model.hasMfa ||= call.args.includes('--claims-challenge');
    return { code: 0, stdout: '[]', stderr: '' };
  }
  try {
    const { command, flags, name } = parse(call.args);
    if (flags['only-show-errors'] === undefined || flags.output !== 'json')
      throw new Usage('the deploy reads JSON, and no warnings');
    const { changes } = command;
    const run = () => command.run(model, flags, call);
    if (changes === undefined) return good(model.read(`az ${name}`, run));
    account(model, flags.subscription);
    if (model.behaviour.demandsMfa && !model.hasMfa) return failed(1, mfaText(model.subscription.tenant));
    const what = flags['template-file'] ?? flags.namespace ?? flags.name ?? flags.ids?.split('/providers/')[1] ?? '';
    return good(
      model.write(`az ${name} ${basename(what.replaceAll('\\', '/'))}`, () => {
        if (!mayDo(model, changes))
          throw new Refused(
            403,
            'AuthorizationFailed',
            `The client does not have authorization to perform action '${changes}'.`,
          );
        return run();
      }),
    );
  } catch (error) {
    if (error instanceof Usage) {
      model.unknown.push(`az ${call.args.join(' ')}: ${error.message}`);
      return failed(2, error.message);
    }
    if (error instanceof AzError) return failed(1, error.message);
    if (error instanceof Refused) {
      const { body } = error.answer;
      const code = typeof body === 'object' && body !== null ? JSON.stringify(body) : '';
      return failed(
        1,
        /"code":"(\w+)"/.exec(code)?.[1] === undefined
          ? error.message
          : `(${/"code":"(\w+)"/.exec(code)?.[1]}) ${error.message}`,
      );
    }
    if (error instanceof Broken && !model.isDead)
      return failed(1, `('Connection aborted.', ConnectionResetError(104, 'Connection reset by peer'))`);
    throw error;
  }
}

const good = (value: unknown): ProgramAnswer => ({
  code: 0,
  stdout: value === undefined ? '' : JSON.stringify(value),
  stderr: '',
});

import { isRecord, Refused } from './answers.ts';
import { mayDo } from './arm.ts';
import type { AzureModel, Resource } from './model.ts';

const key = (text: string): string => text.toLowerCase();

const of = (model: AzureModel, group: string, type: string): Resource[] =>
  [...model.resources.values()].filter(
    (one) =>
      key(one.type) === key(`Microsoft.Network/${type}`) && key(one.id).includes(`/resourcegroups/${key(group)}/`),
  );

const inUse = (what: string): Refused => new Refused(409, 'InUseSubnetCannotBeDeleted', `${what} is in use.`);

/** What of a virtual network holds on to what: nothing goes that another thing needs. */
const holders: Readonly<Record<string, (model: AzureModel, group: string, name: string) => boolean>> = {
  privateEndpoints: () => false,
  'privateDnsZones/virtualNetworkLinks': () => false,
  privateDnsZones: (model, group, name) =>
    of(model, group, 'privateDnsZones/virtualNetworkLinks').some((link) => link.name.startsWith(`${name}/`)),
  natGateways: (model, group) =>
    of(model, group, 'virtualNetworks').some(({ properties }) => {
      const subnet = isRecord(properties.subnets) ? properties.subnets.app : undefined;
      return isRecord(subnet) && subnet.natGateway !== undefined;
    }),
  publicIPAddresses: (model, group) => of(model, group, 'natGateways').length > 0,
  virtualNetworks: (model, group, name) => {
    const app = [...model.resources.values()].find((one) => one.type === 'Microsoft.Web/sites' && one.name === name);
    const isIntegrated = (app?.properties.virtualNetworkSubnetId ?? null) !== null;
    const isLate = model.clock.now() < model.behaviour.subnetInUseUntil;
    return isIntegrated || isLate || of(model, group, 'privateEndpoints').length > 0;
  },
};

/** Deletes one resource of a network by its id, as its resource provider does. */
export function deleteOfNetwork(model: AzureModel, id: string): undefined {
  const [, group = '', type = '', rest = ''] =
    /\/resourceGroups\/([^/]+)\/providers\/Microsoft\.Network\/(\w+)\/(.+)$/i.exec(id) ?? [];
  const isLink = rest.includes('/virtualNetworkLinks/');
  const name = rest.replace('/virtualNetworkLinks/', '/');
  const whole = isLink ? `${type}/virtualNetworkLinks` : type;
  const found = of(model, group, whole).find((one) => key(one.name) === key(name));
  const action = `Microsoft.Network/${whole}/delete`;
  if (!mayDo(model, action))
    throw new Refused(403, 'AuthorizationFailed', `The client does not have authorization to perform '${action}'.`);
  if (found === undefined) throw new Refused(404, 'ResourceNotFound', `The Resource '${name}' was not found.`);
  if (holders[whole]?.(model, group, name) !== false) throw inUse(name);
  model.resources.delete(key(found.id));
  return undefined;
}

import type { Network } from '../options.ts';
import { groupId, type Scope } from '../paths.ts';
import { ownTag } from './choose.ts';

/** A resource of the group, as ARM lists it. */
export interface Listed {
  readonly name: string;
  readonly type: string;
  readonly tags: Readonly<Record<string, string>>;
}

export type LeftKind = 'endpoint' | 'link' | 'zone' | 'nat' | 'address' | 'network';

/** Something that an earlier --network made and the one chosen now does not want. */
export interface Left {
  readonly kind: LeftKind;
  readonly name: string;
}

const kinds: Readonly<Record<string, LeftKind>> = {
  'microsoft.network/privateendpoints': 'endpoint',
  'microsoft.network/privatednszones/virtualnetworklinks': 'link',
  'microsoft.network/privatednszones': 'zone',
  'microsoft.network/natgateways': 'nat',
  'microsoft.network/publicipaddresses': 'address',
  'microsoft.network/virtualnetworks': 'network',
};

/** What each network consists of (infra/modules/network.bicep, private-endpoints.bicep). */
const parts: Readonly<Record<Network, readonly LeftKind[]>> = {
  none: [],
  nat: ['nat', 'address', 'network'],
  private: ['endpoint', 'link', 'zone', 'nat', 'address', 'network'],
};

/** An endpoint before its zone, a gateway before its address; the network last, which alone costs nothing. */
const order: readonly LeftKind[] = ['endpoint', 'link', 'zone', 'nat', 'address', 'network'];

/**
 * What is left of another network, in the order in which it can go. A deployment of Bicep makes what a template names and
 * removes nothing. Only what the template made counts: its names, and the tag of all of its resources. Pure.
 */
export function networkLeft(resources: readonly Listed[], app: string, network: Network): readonly Left[] {
  const names = (kind: LeftKind, name: string): boolean =>
    kind === 'endpoint'
      ? name.startsWith(`${app}-`)
      : kind === 'zone' || kind === 'link'
        ? name.startsWith('privatelink.')
        : name === app;
  return resources
    .flatMap(({ name, type, tags }) => {
      const kind = kinds[type.toLowerCase()];
      const isOurs = tags[ownTag.name] === ownTag.value;
      return kind === undefined || !isOurs || !names(kind, name) || parts[network].includes(kind)
        ? []
        : [{ kind, name }];
    })
    .toSorted((one, other) => order.indexOf(one.kind) - order.indexOf(other.kind));
}

const types: Readonly<Record<LeftKind, string>> = {
  endpoint: 'privateEndpoints',
  link: 'privateDnsZones',
  zone: 'privateDnsZones',
  nat: 'natGateways',
  address: 'publicIPAddresses',
  network: 'virtualNetworks',
};

/** The command that removes it, for every type: az finds the API version, and waits until it is gone. */
export function removalOf({ kind, name }: Left, scope: Scope): string[] {
  // A link is listed as `ZONE/LINK`.
  const path = kind === 'link' ? name.replace('/', '/virtualNetworkLinks/') : name;
  return ['resource', 'delete', '--ids', `${groupId(scope)}/providers/Microsoft.Network/${types[kind]}/${path}`];
}

const words: Readonly<Record<LeftKind, string>> = {
  endpoint: 'private endpoint',
  link: 'DNS zone link',
  zone: 'private DNS zone',
  nat: 'NAT gateway',
  address: 'static address',
  network: 'virtual network',
};

/** For a person: `the private endpoints (4), the NAT gateway`. Pure. */
export function describeLeft(left: readonly Left[]): string {
  const counted = order.flatMap((kind) => {
    const count = left.filter((one) => one.kind === kind).length;
    return count === 0 ? [] : [count === 1 ? `the ${words[kind]}` : `the ${words[kind]}s (${count})`];
  });
  return counted.join(', ');
}

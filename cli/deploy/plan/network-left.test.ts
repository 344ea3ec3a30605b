import { describe, expect, it } from 'vitest';
import { describeLeft, type Listed, networkLeft, removalOf } from './network-left.ts';

const tags = { application: 'nocobase-mail-broker' };
const made = (type: string, name: string): Listed => ({ type: `Microsoft.Network/${type}`, name, tags });

const whole: readonly Listed[] = [
  made('virtualNetworks', 'app'),
  made('publicIPAddresses', 'app'),
  made('natGateways', 'app'),
  made('privateDnsZones', 'privatelink.vaultcore.azure.net'),
  made('privateDnsZones/virtualNetworkLinks', 'privatelink.vaultcore.azure.net/app'),
  made('privateEndpoints', 'app-vault'),
  { type: 'Microsoft.Web/sites', name: 'app', tags },
];

describe('what is left of another network', () => {
  it.each([
    ['private', []],
    ['nat', ['endpoint', 'link', 'zone']],
    ['none', ['endpoint', 'link', 'zone', 'nat', 'address', 'network']],
  ] as const)('what is left under %s is listed in the order in which it can go: %s', (network, kinds) => {
    expect(networkLeft(whole, 'app', network).map(({ kind }) => kind)).toEqual(kinds);
  });

  it.each<[string, Listed]>([
    ['has no tag of ours', { ...made('natGateways', 'app'), tags: {} }],
    ['has another name', made('natGateways', 'app-of-somebody')],
    ['is a zone that no template of ours makes', made('privateDnsZones', 'contoso.internal')],
    ['is an endpoint of another app', made('privateEndpoints', 'other-vault')],
    ['is of another type', made('loadBalancers', 'app')],
  ])('is nothing that %s', (_title, one) => {
    expect(networkLeft([one], 'app', 'none')).toEqual([]);
  });

  it('is told in words', () => {
    expect(describeLeft(networkLeft([...whole, made('privateEndpoints', 'app-blob')], 'app', 'none'))).toBe(
      'the private endpoints (2), the DNS zone link, the private DNS zone, the NAT gateway, the static address, the virtual network',
    );
  });

  it('goes by its id, in which a link stands under its zone', () => {
    const link = { kind: 'link', name: 'privatelink.vaultcore.azure.net/app' } as const;
    expect(removalOf(link, { subscription: 'sub', group: 'rg' })).toEqual([
      ...['resource', 'delete', '--ids'],
      '/subscriptions/sub/resourceGroups/rg/providers/Microsoft.Network/privateDnsZones/privatelink.vaultcore.azure.net/virtualNetworkLinks/app',
    ]);
  });
});

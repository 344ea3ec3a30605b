import { describe, expect, it } from 'vitest';
import { type AddressPolicy, addressAllowed, allowedTargetOf } from './address.ts';

const nothingListed: AddressPolicy = { inAzure: false, privateDestinations: [] };
const listing = (host: string, network: string, inAzure = false): AddressPolicy => ({
  inAzure,
  privateDestinations: [{ host, network }],
});
const target = (address: string, policy: AddressPolicy) => allowedTargetOf(new URL(address), policy);

describe('an address that others choose', () => {
  it.each([
    'https://nocobase.example.com/api/webhook:trigger/abc',
    'https://nocobase.example.com:8443/x?y=z',
    'https://8.8.8.8/',
    'https://[2606:4700::1111]/',
    'https://[::ffff:8.8.8.8]/',
  ])('may be %s', (address) => {
    expect(target(address, nothingListed)).toEqual({ kind: 'public' });
  });

  it.each([
    'http://nocobase.example.com/',
    'ftp://nocobase.example.com/',
    'file:///etc/passwd',
    'https://user@nocobase.example.com/',
    'https://user:password@nocobase.example.com/',
    'https://:password@nocobase.example.com/',
    'https://127.0.0.1/',
    'https://127.1/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0x7f.1/',
    'https://0177.0.0.1/',
    'https://017700000001/',
    'https://①②⑦.0.0.1/',
    'https://127.0.0.1./',
    'https://0/',
    'https://10.0.0.1/',
    'https://172.16.0.1/',
    'https://192.168.1.1/',
    'https://100.64.0.1/',
    'https://169.254.169.254/metadata/instance',
    'https://168.63.129.16/',
    'https://192.0.0.192/',
    'https://198.18.0.1/',
    'https://224.0.0.1/',
    'https://255.255.255.255/',
    'https://[::]/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:a9fe:a9fe]/',
    'https://[::ffff:168.63.129.16]/',
    'https://[::127.0.0.1]/',
    'https://[::7f00:1]/',
    'https://[64:ff9b::7f00:1]/',
    'https://[64:ff9b:1::7f00:1]/',
    'https://[2002:7f00:1::]/',
    'https://[2001:0:7f00:1::]/',
    'https://[fe80::1]/',
    'https://[fec0::1]/',
    'https://[fc00::1]/',
    'https://[fd00:ec2::254]/',
    'https://[ff02::1]/',
    'https://[4000::1]/',
    'https://[::ffff:0:127.0.0.1]/',
  ])('may not be %s', (address) => {
    expect(target(address, nothingListed)).toBeUndefined();
  });

  it('cannot hold an IPv6 zone', () => {
    expect(URL.canParse('https://[fe80::1%25eth0]/')).toBe(false);
    expect(addressAllowed('fe80::1%eth0', { kind: 'public' }, nothingListed)).toBe(false);
    expect(addressAllowed('2606:4700::1111%eth0', { kind: 'private', network: '::/0' }, nothingListed)).toBe(true);
    expect(addressAllowed('fe80::1%eth0', { kind: 'private', network: '::/0' }, nothingListed)).toBe(false);
  });
});

describe('a private destination', () => {
  it('is reached by its exact host and port only', () => {
    const policy = listing('nocobase.lan:13000', '10.1.2.0/24');
    expect(target('http://nocobase.lan:13000/api', policy)).toEqual({ kind: 'private', network: '10.1.2.0/24' });
    expect(target('http://NOCOBASE.lan:13000/api', policy)).toBeDefined();
    expect(target('http://nocobase.lan/api', policy)).toBeUndefined();
    expect(target('http://nocobase.lan:13001/api', policy)).toBeUndefined();
    expect(target('http://x.nocobase.lan:13000/api', policy)).toBeUndefined();
    expect(target('http://nocobase.lan.:13000/api', policy)).toBeUndefined();
  });

  it('defaults to the port of its scheme', () => {
    const policy = listing('nocobase.lan', '10.1.2.0/24');
    expect(target('https://nocobase.lan/', policy)?.kind).toBe('private');
    expect(target('https://nocobase.lan:443/', policy)?.kind).toBe('private');
    expect(target('https://nocobase.lan:8443/', policy)?.kind).toBe('public');
  });

  it('lies in its network, or is refused', () => {
    const policy = listing('10.1.2.3', '10.1.2.0/24');
    expect(target('https://10.1.2.3/', policy)).toBeDefined();
    expect(target('https://10.1.3.3/', listing('10.1.3.3', '10.1.2.0/24'))).toBeUndefined();
    expect(addressAllowed('8.8.8.8', { kind: 'private', network: '10.1.2.0/24' }, policy)).toBe(false);
  });

  it.each(['169.254.169.254', '168.63.129.16', 'fe80::1', '::ffff:169.254.169.254', '0.0.0.0', '224.0.0.1', '::'])(
    'is never %s, whatever the network',
    (address) => {
      for (const network of ['0.0.0.0/0', '::/0']) {
        expect(addressAllowed(address, { kind: 'private', network }, nothingListed)).toBe(false);
      }
    },
  );

  it('is never the metadata address of a cloud inside a listed network', () => {
    expect(addressAllowed('100.100.100.200', { kind: 'private', network: '100.64.0.0/10' }, nothingListed)).toBe(false);
    expect(addressAllowed('fd00:ec2::254', { kind: 'private', network: 'fd00::/8' }, nothingListed)).toBe(false);
    expect(addressAllowed('fd00:ec2::255', { kind: 'private', network: 'fd00::/8' }, nothingListed)).toBe(true);
  });

  it('takes neither http nor loopback in Azure', () => {
    expect(target('http://nocobase.lan/', listing('nocobase.lan', '10.1.2.0/24', true))).toBeUndefined();
    expect(target('https://nocobase.lan/', listing('nocobase.lan', '10.1.2.0/24', true))).toBeDefined();
    expect(target('https://127.0.0.1/', listing('127.0.0.1', '0.0.0.0/0', true))).toBeUndefined();
    expect(target('https://127.0.0.1/', listing('127.0.0.1', '127.0.0.0/8'))).toBeDefined();
  });

  it('may be an IPv6 host', () => {
    expect(target('http://[::1]:3000/', listing('[::1]:3000', '::1/128'))).toBeDefined();
    expect(target('http://[::1]:3000/', listing('[::1]:3000', '127.0.0.0/8'))).toBeUndefined();
  });

  it('is ignored if its entry is malformed', () => {
    expect(target('http://a b/'.replace(' ', ''), listing('a b', '10.0.0.0/8'))).toBeUndefined();
    expect(addressAllowed('10.0.0.1', { kind: 'private', network: 'ten' }, nothingListed)).toBe(false);
  });
});

import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Where requests of ours may go. */
export interface AddressPolicy {
  /** True in Azure: no http, no loopback, regardless of the settings. */
  readonly inAzure: boolean;
  /** Private destinations: an exact host (with port, where not the scheme's own) and the network its address must lie in. */
  readonly privateDestinations: readonly { readonly host: string; readonly network: string }[];
}

/** The network that a listed private host's addresses must lie in, or `public`: only addresses of the internet. */
export type AllowedTarget = { readonly kind: 'public' } | { readonly kind: 'private'; readonly network: string };

/**
 * Addresses of cloud metadata services. Link-local ones are refused as such; these are not, by their range:
 * 168.63.129.16 (Azure) counts as unicast, the others could lie in a listed private network.
 */
const metadataAddresses: ReadonlySet<string> = new Set([
  '168.63.129.16',
  '169.254.169.254',
  '100.100.100.200',
  '192.0.0.192',
  'fd00:ec2:0:0:0:0:0:254',
]);

// Never, even if a setting lists such a network.
const neverRanges: ReadonlySet<string> = new Set(['linkLocal', 'unspecified', 'broadcast', 'multicast']);

// All of the internet's IPv6 addresses lie here (RFC 4291 section 2.4, IANA registry); ipaddr.js also calls unassigned
// space and the deprecated IPv4-compatible form (::7f00:1) unicast.
const globalUnicast = ipaddr.parseCIDR('2000::/3');

/**
 * Checks an address before any look-up: scheme, user info, literal addresses (for which no look-up is ever called).
 * @returns the reach of its host, or undefined if nothing may be sent there
 */
export function allowedTargetOf(url: URL, policy: AddressPolicy): AllowedTarget | undefined {
  if (url.username !== '' || url.password !== '') return undefined;
  const listed = policy.privateDestinations.find((entry) => hostOf(url.protocol, entry.host) === url.host);
  const httpAllowed = listed !== undefined && !policy.inAzure;
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && httpAllowed)) return undefined;
  const target: AllowedTarget =
    listed === undefined ? { kind: 'public' } : { kind: 'private', network: listed.network };
  const literal = url.hostname.replace(/^\[|\]$/g, '');
  // A URL has written every form of an address out by now: 127.1 and 0x7f000001 are 127.0.0.1 here.
  if (isIP(literal) !== 0 && !addressAllowed(literal, target, policy)) return undefined;
  return target;
}

/** The listed host as WHATWG URL writes it under that scheme: lower case, without the scheme's own port. */
function hostOf(protocol: string, host: string): string | undefined {
  const text = `${protocol}//${host}`;
  return URL.canParse(text) ? new URL(text).host : undefined;
}

/**
 * True if a connection may be made to this IP address. IPv4 in IPv6 (::ffff:…) is judged as the IPv4 address that it
 * is; NAT64, 6to4 and Teredo are not unicast and so refused, with any embedded address.
 */
export function addressAllowed(address: string, target: AllowedTarget, policy: AddressPolicy): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  if (metadataAddresses.has(parsed.toNormalizedString())) return false;
  const range = parsed.range();
  if (target.kind === 'private') {
    if (neverRanges.has(range) || (policy.inAzure && range === 'loopback')) return false;
    return within(parsed, target.network);
  }
  if (range !== 'unicast') return false;
  return parsed instanceof ipaddr.IPv4 || parsed.match(globalUnicast);
}

function within(address: ipaddr.IPv4 | ipaddr.IPv6, network: string): boolean {
  if (!ipaddr.isValidCIDR(network)) return false;
  const [base, bits] = ipaddr.parseCIDR(network);
  // A mapped network (::ffff:10.0.0.0/104) would compare by another length; such an entry allows nothing.
  return address.kind() === base.kind() && address.match(base, bits);
}

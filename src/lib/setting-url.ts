import ipaddr from 'ipaddr.js';
import { z } from 'zod';

/** What an address in a setting may be. */
export interface UrlForm {
  readonly inAzure: boolean;
  /** `any`: kept as part of the address. `none`: refused. `noApi`: refused where /api stands in it, which the broker adds. */
  readonly path: 'any' | 'none' | 'noApi';
  readonly needsHttps?: boolean;
  /** What such an address looks like; shown where none was given. */
  readonly example?: string;
}

/** In Azure: a host that is no stand-in, over https. */
export const inAzureMessage =
  'is a loopback or private address or not https; stand-ins are refused in Azure. Set the real address.';

export function isLoopbackOrPrivate(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase();
  if (name === 'localhost' || name.endsWith('.localhost')) return true;
  return ipaddr.isValid(name) && ipaddr.process(name).range() !== 'unicast';
}

// `func start` and `npm start` listen here without TLS.
const localPlainPort = '7071';

/** Why an address cannot be used, as the end of a sentence that its setting begins; undefined if it can. Never echoes it. */
export function urlFault(text: string, form: UrlForm): string | undefined {
  const { inAzure, path, needsHttps = false, example = 'https://mail-broker.azurewebsites.net' } = form;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    return `is not a web address. Write the whole address, such as ${example}`;
  }
  if (url.username !== '' || url.password !== '') {
    return 'contains a user name or a password. Remove everything up to the @: anyone who sees the address would see them.';
  }
  if (url.search !== '' || url.hash !== '') return 'contains a query (?) or a fragment (#). Remove it.';
  if (path === 'noApi' && /\/api(\/|$)/i.test(url.pathname)) {
    return `contains /api, which the broker adds. Remove it and what follows.`;
  }
  if (path === 'none' && url.pathname !== '/')
    return `contains a path. Write ${url.protocol}//HOST and nothing after it.`;
  if (needsHttps && url.protocol !== 'https:') return 'is not https. Write the https address.';
  if (inAzure && (url.protocol !== 'https:' || isLoopbackOrPrivate(url.hostname))) return inAzureMessage;
  if (url.protocol === 'https:' && url.port === '80') {
    return 'says https on port 80, which is the port of plain http. Remove :80, or write http.';
  }
  if (url.protocol === 'http:' && url.port === '443') {
    return 'says http on port 443, which is the port of https. Write https and remove :443.';
  }
  if (url.protocol === 'https:' && url.port === localPlainPort && isLoopbackOrPrivate(url.hostname)) {
    return 'says https, but on this port func start and npm start answer plain http. Write http://localhost:7071.';
  }
  return undefined;
}

/** A setting that holds an address, as browsers write it (host in lower case, RFC 3986 section 6.2.2.1); without slashes at its end. */
export const url = (form: UrlForm) =>
  z.string().transform((text, context) => {
    const message = urlFault(text, form);
    if (message === undefined) return new URL(text).href.replace(/\/+$/, '');
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });

/**
 * Why a text is not the host of a server, as the end of a sentence that its setting begins; undefined if it is one.
 * @param portName the setting that holds the port
 */
export function hostFault(text: string, portName: string): string | undefined {
  if (text.includes('://')) return 'contains a web address. Write only the host.';
  if (text.includes('@')) return 'contains a user name. Write only the host.';
  const isIpv6 = ipaddr.isValid(text.replace(/^\[|\]$/g, '')) && text.includes(':');
  if (!isIpv6 && text.includes(':')) return `contains a port. Write only the host, and put the port in ${portName}.`;
  if (!isIpv6 && !/^[\p{L}\p{N}]([\p{L}\p{N}._-]*[\p{L}\p{N}])?$/u.test(text)) {
    return 'is not a host name such as outlook.office365.com.';
  }
  return undefined;
}

/** Why a text is not an origin to which a browser may return; undefined if it is. */
export function originFault(text: string, inAzure: boolean): string | undefined {
  if (!URL.canParse(text)) return 'is not an origin: write https://host, without a path';
  const parsed = new URL(text);
  if (parsed.username !== '' || parsed.password !== '') return 'contains a user name or a password: write https://host';
  if (parsed.origin !== text.replace(/\/$/, '')) return `contains more than an origin: write ${parsed.origin}`;
  const local = parsed.hostname === 'localhost';
  if (parsed.protocol !== 'https:' && !(parsed.protocol === 'http:' && local && !inAzure)) {
    return 'is not https (http is for localhost, outside Azure)';
  }
  return undefined;
}

import { isIP } from 'node:net';
import { addressAllowed } from '../../outbound/address.ts';

/**
 * Two pages on which an address may stand. What leads to another place on the one than on the other is relative: also
 * `https:/path` and `https:path`, which browsers take for paths of the page they are on where that is https, too
 * (WHATWG URL, "special relative or authority state").
 */
const pages = ['https://page.invalid/', 'http://page.invalid/'] as const;

/** No address of use is longer; nothing beyond is worth its time. */
const longest = 16_384;

/**
 * No address has a comment in it. sanitize-html takes them out one by one, copying the address each time: 1 MiB of them in
 * one link kept a process busy for minutes.
 */
const comment = '<!--';

/**
 * An address as a browser reads it: absolute, on any page, and without the name and password before its host, which
 * make `https://nocobase.example@evil.example/` look like what it is not.
 * @returns undefined if it is relative, none at all, or of another scheme than these (such as `https:`)
 */
function absolute(text: string, schemes: ReadonlySet<string>): URL | undefined {
  if (text.length > longest || text.includes(comment)) return undefined;
  const [url, other] = pages.map((page) => URL.parse(text, page));
  if (url === null || url === undefined || url.href !== other?.href || !schemes.has(url.protocol)) return undefined;
  url.username = '';
  url.password = '';
  return url;
}

const linkSchemes = new Set(['http:', 'https:', 'mailto:', 'tel:']);
const imageSchemes = new Set(['http:', 'https:']);

/** Where a link of a mail leads, written out; undefined if it may lead nowhere. */
export const linkAddress = (text: string): string | undefined => absolute(text, linkSchemes)?.href;

/** Raster images that carry their bytes along; an SVG is a document. */
const inlined = /^data:image\/(?:png|gif|jpe?g|webp|bmp);base64,[a-z0-9+/]+={0,2}$/i;

/** The Content-ID in an address of an image that is a part of the mail (RFC 2392), as it stands there. */
export const contentIdOf = (text: string): string | undefined => /^cid:([^<>]+)$/i.exec(plain(text))?.[1];

/**
 * Where an image of a mail lies, written out; undefined if it may not be shown.
 * @param host of the site that shows it: an image from there would be a request in the name of the reader
 */
export function imageAddress(text: string, host: string | undefined): string | undefined {
  if (text.includes(comment)) return undefined;
  const bare = plain(text);
  if (inlined.test(bare)) return bare;
  const contentId = contentIdOf(text);
  if (contentId !== undefined) return `cid:${contentId}`;
  const url = absolute(text, imageSchemes);
  return url === undefined || url.hostname === host || isWithin(url.hostname) ? undefined : url.href;
}

/** True for hosts of the reader's own network, as far as the address alone tells. */
function isWithin(hostname: string): boolean {
  if (hostname === 'localhost' || hostname.endsWith('.localhost')) return true;
  const literal = hostname.replace(/^\[|\]$/g, '');
  const policy = { inAzure: true, privateDestinations: [] };
  return isIP(literal) !== 0 && !addressAllowed(literal, { kind: 'public' }, policy);
}

/** As browsers read an address: they drop these characters, so that "da\nta:" is data: to them. */
const plain = (address: string): string => address.replace(/[^!-\u{10ffff}]+/gu, '');

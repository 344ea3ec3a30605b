import { isIPv4, isIPv6 } from 'node:net';
import { asciiAddress } from '../domain/mail/mail-address.ts';

// RFC 5321 section 4.5.3.1.1 and 4.5.3.1.3 (a path has 256 octets with its angle brackets), RFC 1035 section 2.3.4.
const longestLocal = 64;
const longestAddress = 254;
const longestLabel = 63;

// RFC 5321 section 4.1.2, with the characters that RFC 6531 section 3.3 adds.
const atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~\\u0080-\\u{10FFFF}-]+";
const dotString = new RegExp(`^${atom}(?:\\.${atom})*$`, 'u');
// Without `<` and `>`, which RFC 5321 would let stand there: nodemailer takes them out of headers and refuses them in the
// envelope, so that no mail could leave.
const quotedString = /^"(?:[ !#-;=?-[\]-~]|\\[ -;=?-~])*"$/;
const label = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/i;

/**
 * True for what may stand between the angle brackets of `RCPT TO:<…>`: RFC 5321 section 4.1.2, and RFC 6531 for local
 * parts and domains beyond ASCII. Whether there is such a mailbox, the server says.
 */
export function isAddrSpec(text: string): boolean {
  const at = text.endsWith(']') ? text.lastIndexOf('@[') : text.lastIndexOf('@');
  if (at < 1 || /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(text)) return false;
  const [local, domain] = [text.slice(0, at), text.slice(at + 1)];
  if (!dotString.test(local) && !quotedString.test(local)) return false;
  if (Buffer.byteLength(local) > longestLocal) return false;
  return isDomain(domain) && Buffer.byteLength(asciiAddress(text)) <= longestAddress;
}

function isDomain(domain: string): boolean {
  const literal = /^\[(?:IPv6:([^\]]+)|([^\]]+))\]$/i.exec(domain);
  if (literal !== null) return literal[1] === undefined ? isIPv4(literal[2] ?? '') : isIPv6(literal[1]);
  const ascii = asciiAddress(`a@${domain}`).slice(2);
  return ascii.split('.').every((each) => each.length <= longestLabel && label.test(each));
}

/**
 * An address as it stands in the envelope and in headers: its domain in lower case and in ASCII (RFC 5890), its local
 * part as it was written, since only its own server knows what it means (RFC 5321 section 2.4).
 */
export function wireAddress(address: string): string {
  const ascii = asciiAddress(address);
  const at = ascii.lastIndexOf('@');
  return ascii.slice(0, at + 1) + ascii.slice(at + 1).toLowerCase();
}

/** True if a server has to offer SMTPUTF8 for it: its local part is not ASCII, for which there is no other form (RFC 6531). */
export const needsSmtpUtf8 = (address: string): boolean => /[^\p{ASCII}]/u.test(wireAddress(address));

/** By what two addresses are held to be one mailbox: Exchange does not tell upper and lower case apart. */
export const sameAddressKey = (address: string): string => wireAddress(address).normalize('NFC').toLowerCase();

import { domainToASCII } from 'node:url';

/** An address as a person writes it; whether there is such a mailbox, the sign-in shows. */
export const addressForm = /^[^\s\p{Cc}\p{Cs}@<>"(),:;[\]\\]+@[^\s\p{Cc}\p{Cs}@<>"(),:;[\]\\]+$/u;

/** RFC 5321 section 4.5.3.1.3, less the angle brackets. */
export const longestAddress = 254;

/**
 * Whether a sign-in name, or an address in a directory, can be the address of a mailbox. Names with a `#` are
 * Microsoft's own for accounts from elsewhere (`live.com#ada@…`, `ada_contoso.example#EXT#@…`), at which no mail
 * arrives; a telephone number and an empty name are none either.
 */
export const isMailAddress = (name: string): boolean =>
  name.length <= longestAddress && addressForm.test(name) && !name.includes('#');

/**
 * An address whose domain is in ASCII (`münchen.example` becomes `xn--mnchen-3ya.example`, RFC 5890), as directories and
 * mail servers write it. All else stays as it is, and so does a domain that cannot be written so.
 */
export function asciiAddress(address: string): string {
  const at = address.lastIndexOf('@');
  const domain = address.slice(at + 1);
  if (at < 0 || /^\p{ASCII}*$/u.test(domain)) return address;
  const ascii = domainToASCII(domain.normalize('NFC').toLowerCase());
  return ascii === '' ? address : `${address.slice(0, at + 1)}${ascii}`;
}

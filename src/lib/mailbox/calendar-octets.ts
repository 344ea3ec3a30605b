import { unwrapped } from './rebuild.ts';

/**
 * A part with a calendar, still encoded, its lines unfolded. Lines are folded by bytes, and so within a character too
 * (RFC 5545 section 3.1, note): what is decoded before is damaged for good.
 */
export function unfoldedOctets(content: Uint8Array, encoding: string): Uint8Array {
  const text = unwrapped(content, encoding)
    .toString('latin1')
    .replace(/\r?\n[ \t]/g, '');
  switch (encoding.trim().toLowerCase()) {
    case 'base64':
      return Buffer.from(Buffer.from(text, 'latin1').toString('base64').replace(/.{76}/g, '$&\r\n'), 'latin1');
    case 'quoted-printable':
      return Buffer.from(
        text
          .replace(/[^\n\r\t\x20-\x3c\x3e-\x7e]/g, hex)
          // A blank at the end of a line would be taken for one that was added on the way.
          .replace(/[ \t](?=\r?\n|\r?$)/g, hex),
        'latin1',
      );
    default:
      return Buffer.from(text, 'latin1');
  }
}

const hex = (character: string): string => `=${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;

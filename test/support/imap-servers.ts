import { describe } from 'vitest';
import { describeNeeding } from './requirements.ts';

/** One suite, once on the embedded IMAP server and once on Dovecot: what holds on one only is luck. */
export function describeImapServers(name: string, body: (imap: 'embedded' | 'dovecot') => void): void {
  describe(`${name}, on the embedded IMAP server`, () => body('embedded'));
  describeNeeding('dovecot', `${name}, on Dovecot`, () => body('dovecot'));
}

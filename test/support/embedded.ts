import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificates } from '../../local/certificates.ts';
import { startEmbeddedImap } from '../../local/mail/embedded.ts';

/** A mail server that takes tokens of its own making. */
export interface ImapServer {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  tokenFor(address: string): string;
  stop(): Promise<void>;
}

/** The embedded server with empty mailboxes at these addresses, without anything around it. */
export async function startEmbeddedForTests(addresses: readonly string[]): Promise<ImapServer> {
  const folder = await mkdtemp(join(tmpdir(), 'imap-'));
  const certificates = await makeCertificates(folder);
  const started = await startEmbeddedImap({
    certificates,
    addresses,
    entra: {
      introspect: async (token) =>
        token.startsWith('for ')
          ? {
              username: token.slice(4),
              audience: 'https://outlook.office.com',
              scopes: ['https://outlook.office.com/IMAP.AccessAsUser.All'],
            }
          : undefined,
    },
  });
  return {
    host: started.host,
    port: started.port,
    secure: true,
    tokenFor: (address) => `for ${address}`,
    stop: async () => {
      await started.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

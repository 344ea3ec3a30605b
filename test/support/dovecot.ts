import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificates } from '../../local/certificates.ts';
import { listen } from '../../local/listen.ts';
import { type DovecotOptions, startDovecot } from '../../local/mail/dovecot.ts';

export interface DovecotForTests {
  readonly host: string;
  readonly port: number;
  readonly secure: true;
  /** Certificate of the authority that vouches for it. */
  readonly ca: string;
  /** A token that opens this mailbox without a sign-in. */
  tokenFor(address: string): string;
  stop(): Promise<void>;
}

const prefix = 'token-of-the-test-';
const scope = 'https://outlook.office.com/IMAP.AccessAsUser.All';

/**
 * Dovecot for tests of reading mail, with tokens made up on the spot.
 * @param options.everything announces all that Dovecot can do, in place of what Exchange can
 */
export async function startDovecotForTests(
  options: { readonly everything?: boolean; readonly submission?: DovecotOptions['submission'] } = {},
): Promise<DovecotForTests> {
  const folder = await mkdtemp(join(tmpdir(), 'nmb-test-'));
  const introspection = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const token = new URLSearchParams(Buffer.concat(chunks).toString()).get('token') ?? '';
      const username = Buffer.from(token.slice(prefix.length), 'hex').toString();
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ active: token.startsWith(prefix), username, scope }));
    });
  });
  const listener = await listen(introspection, 'the introspection of the test');
  const tokenFor = (address: string) => prefix + Buffer.from(address).toString('hex');
  const certificates = await makeCertificates(folder);
  const server = await startDovecot({
    certificates,
    introspectionUrl: `http://127.0.0.1:${listener.port}/`,
    token: async (address) => tokenFor(address),
    everything: options.everything === true,
    ...(options.submission === undefined ? {} : { submission: options.submission }),
  });
  return {
    host: server.host,
    port: server.port,
    secure: true,
    ca: certificates.ca,
    tokenFor,
    stop: async () => {
      await server.stop();
      await listener.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

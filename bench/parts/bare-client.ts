import { ImapFlow } from 'imapflow';
import type { Endpoint } from '../../local/stack.ts';

/** A client of the floor: ImapFlow alone, signed in to a mailbox. */
export async function openBareClient(
  imap: Endpoint,
  address: string,
  { compresses = true }: { readonly compresses?: boolean } = {},
): Promise<ImapFlow> {
  const client = new ImapFlow({
    host: imap.host,
    port: imap.port,
    secure: imap.secure,
    auth: { user: address, accessToken: 'any' },
    logger: false,
    disableAutoIdle: true,
    disableAutoEnable: true,
    disableCompression: !compresses,
  });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

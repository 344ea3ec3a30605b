import { composeSending } from '../../src/lib/broker/sending.ts';
import { systemRandom } from '../../src/lib/domain/system.ts';
import { BrokerError } from '../../src/lib/errors.ts';
import type { Outbound } from '../../src/lib/outbound/outbound.ts';
import { createDestinationRows } from '../../src/lib/store/destinations/destinations.ts';
import type { ConnectWorld } from './connect-world.ts';
import { memoryBlobs } from './memory-blobs.ts';

const noMail = async (): Promise<never> => {
  throw new BrokerError('imap_unreachable');
};

/** Sending as the broker composes it, over the tables of a world; no mail server is there to take anything. */
export function sendingParts(
  { store, clock, log, registry, grants, sealer }: ConnectWorld,
  outbound: Outbound,
  blobs = memoryBlobs(clock),
  wake: (hint: object, delayMs: number) => Promise<void> = async () => {},
  token: () => Promise<string> = noMail,
) {
  return composeSending(
    {
      config: {
        smtp: { host: 'localhost', port: 9 },
        entra: { graphResource: 'https://graph.microsoft.com', graphPermissions: [] },
      },
      clock,
      random: systemRandom,
      log,
    },
    {
      store,
      sealer,
      registry,
      grants,
      destinationRows: createDestinationRows({ store, sealer }),
      queue: { send: wake },
      blobs,
    },
    {
      token,
      graphToken: async () => undefined,
      downloads: { open: noMail },
      uploads: { open: noMail },
      interactive: { with: noMail },
    },
    { outbound },
  );
}

import { startAzurite } from '../../../local/azure/azurite.ts';
import { createDeliverer, type DestinationDeliverer } from '../../../src/lib/delivery/deliverer.ts';
import { createDestinations, type Destinations } from '../../../src/lib/delivery/destinations.ts';
import type { DeliveryOutcome, OutgoingEvent } from '../../../src/lib/domain/events/event.ts';
import { systemClock, systemRandom } from '../../../src/lib/domain/system.ts';
import { consoleLog } from '../../../src/lib/log.ts';
import { createOutbound } from '../../../src/lib/outbound/outbound.ts';
import { createDestinationRows, type DestinationRows } from '../../../src/lib/store/destinations/destinations.ts';
import { memorySealer } from '../sealer.ts';
import { storeAt } from '../tables.ts';

/** The product's delivery with real rows, that may reach one NocoBase. */
export interface Sender {
  readonly rows: DestinationRows;
  readonly destinations: Destinations;
  readonly deliverer: DestinationDeliverer;
  /** One attempt. */
  readonly send: (destinationId: string, event: OutgoingEvent) => Promise<DeliveryOutcome>;
  readonly stop: () => Promise<void>;
}

export async function startSender(host: string): Promise<Sender> {
  const azurite = await startAzurite();
  const store = storeAt(azurite);
  const rows = createDestinationRows({ store, sealer: memorySealer().sealer });
  const outbound = createOutbound({ inAzure: false, privateDestinations: [{ host, network: '127.0.0.0/8' }] });
  const shared = { rows, outbound, clock: systemClock, random: systemRandom };
  const log = consoleLog(() => undefined);
  const deliverer = createDeliverer({ ...shared, time: store.time, log });
  return {
    rows,
    destinations: createDestinations({ ...shared, deliverer, log, inUse: async () => false }),
    deliverer,
    send: (destinationId, event) => deliverer.deliver(destinationId, event, new AbortController().signal),
    stop: async () => {
      await outbound.close();
      await azurite.stop();
    },
  };
}

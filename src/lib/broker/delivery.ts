import { createAttachmentTokens } from '../access/attachment-token.ts';
import { createDeliverer } from '../delivery/deliverer.ts';
import { createDestinationFacts } from '../delivery/destination-facts.ts';
import { createDestinations } from '../delivery/destinations.ts';
import type { LinkMaker } from '../delivery/events/attachment-links.ts';
import { hourMs } from '../domain/duration.ts';
import { createOutbound } from '../outbound/outbound.ts';
import type { Base } from './base.ts';
import type { MailAccess } from './mail-access.ts';
import type { Storage } from './storage.ts';

/** Getting events to their destinations. */
export function composeDelivery(
  { config, clock, random, log }: Base,
  { destinationRows, registry, rootKeys, store }: Storage,
  { uploads }: MailAccess,
) {
  const outbound = createOutbound({ inAzure: config.inAzure, privateDestinations: config.privateDestinations });
  const attachmentTokens = createAttachmentTokens({
    rootKeys,
    clock,
    lifetimeMs: config.attachmentLinkHours * hourMs,
  });
  const attachmentLinks = async (): Promise<LinkMaker> => {
    const sign = await attachmentTokens.signer();
    return (place) => {
      const token = sign(place);
      return token === undefined ? undefined : `${config.publicUrl}/api/attachments?token=${token}`;
    };
  };
  const deliverer = createDeliverer({
    rows: destinationRows,
    outbound,
    time: store.time,
    clock,
    random,
    log,
    openFile: async (place) => (await uploads.open(place)).bytes,
    attachmentLinks,
  });
  return {
    outbound,
    attachmentTokens,
    attachmentLinks,
    deliverer,
    destinations: createDestinations({
      rows: destinationRows,
      deliverer,
      outbound,
      inUse: async (id) => {
        const page = await registry.list({ where: (row) => row.destinationId === id, limit: 1 });
        return page.items.length > 0;
      },
      clock,
      random,
      log,
    }),
    destinationFacts: createDestinationFacts({ rows: destinationRows, time: store.time, clock, random }),
  };
}

export type Delivery = ReturnType<typeof composeDelivery>;

import { app } from '@azure/functions';
import { broker } from '../lib/broker.ts';
import { isWithinReach } from '../lib/connect/reach.ts';
import { replayEverywhere, replayWish } from '../lib/connect/replay-wish.ts';
import { BrokerError } from '../lib/errors.ts';
import { mayUseDestination } from '../lib/http/caller.ts';
import { replayRequest } from '../lib/http/requests/deliveries.ts';
import { allMethods, json, resource } from '../lib/http/resource.ts';
import type { MailboxRow } from '../lib/store/rows.ts';

/** `POST destinations/{id}/replay`: the same as for a mailbox, for every mailbox whose mail goes there. */
export const destinationReplay = resource(broker, {
  POST: {
    scope: 'admin',
    body: replayRequest,
    handler: async ({ broker, caller, params, body }) => {
      const id = params.id ?? '';
      const found = mayUseDestination(caller, id) ? await broker.destinations.get(id) : undefined;
      if (found === undefined) throw new BrokerError('not_found');
      const wish = replayWish(body, broker.clock.now());
      const isMeant = (row: MailboxRow) => row.destinationId === id && isWithinReach(caller, row);
      const mailboxes = await broker.audit.deed(
        { actor: caller.keyId, action: 'destination.replay', subject: id },
        () => replayEverywhere(broker, isMeant, wish),
      );
      return json(202, { mailboxes });
    },
  },
});

app.http('destination-replay', {
  route: 'destinations/{id}/replay',
  methods: allMethods,
  authLevel: 'anonymous',
  handler: destinationReplay,
});

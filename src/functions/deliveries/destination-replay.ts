import { app } from '@azure/functions';
import { type Caller, maySeeMailbox, mayUseDestination } from '../../lib/access/caller.ts';
import { type Broker, broker } from '../../lib/broker.ts';
import { BrokerError } from '../../lib/errors.ts';
import { replayRequest } from '../../lib/http/requests/deliveries.ts';
import { allMethods, json, resource } from '../../lib/http/resource.ts';
import { replayEverywhere, replayRequestOf, stopEverywhere } from '../../lib/mailboxes/replay-request.ts';
import type { MailboxRow } from '../../lib/store/rows/rows.ts';

/** @throws BrokerError `not_found`: there is no such destination, or none for this caller */
async function mailboxesOf(broker: Broker, caller: Caller, id: string): Promise<(row: MailboxRow) => boolean> {
  const found = mayUseDestination(caller, id) ? await broker.destinations.get(id) : undefined;
  if (found === undefined) throw new BrokerError('not_found');
  return (row) => row.destinationId === id && maySeeMailbox(caller, row);
}

/** `POST` and `DELETE destinations/{id}/replay`: the same as for a mailbox, for every mailbox whose mail goes there. */
export const destinationReplay = resource(broker, {
  POST: {
    scope: 'admin',
    body: replayRequest,
    handler: async ({ broker, caller, params, body }) => {
      const id = params.id ?? '';
      const isMeant = await mailboxesOf(broker, caller, id);
      const request = replayRequestOf(body, broker.clock.now());
      const mailboxes = await broker.audit.audited(
        { actor: caller.keyId, action: 'destination.replay', subject: id },
        () => replayEverywhere(broker, isMeant, request),
      );
      return json(202, { mailboxes });
    },
  },
  DELETE: {
    scope: 'admin',
    handler: async ({ broker, caller, params }) => {
      const id = params.id ?? '';
      const isMeant = await mailboxesOf(broker, caller, id);
      const mailboxes = await broker.audit.audited(
        { actor: caller.keyId, action: 'destination.stop-replays', subject: id },
        () => stopEverywhere(broker.registry, isMeant),
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

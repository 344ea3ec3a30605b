import { app } from '@azure/functions';
import { maySeeMailbox } from '../../lib/access/caller.ts';
import { broker } from '../../lib/broker.ts';
import { BrokerError } from '../../lib/errors.ts';
import { noFields } from '../../lib/http/requests/fields.ts';
import { allMethods, json, resource } from '../../lib/http/resource.ts';
import { replayJson } from '../../lib/mailboxes/delivery-json.ts';

/** `POST deliveries/{id}/replay`: one mail is sent again, under its own key. */
export const deliveryReplay = resource(broker, {
  POST: {
    scope: 'admin',
    body: noFields,
    handler: async ({ broker, caller, params }) => {
      const found = await broker.deliveries.find(params.id ?? '');
      if (found === undefined || !maySeeMailbox(caller, found.mailbox)) throw new BrokerError('not_found');
      const { id: mailboxId } = found.mailbox;
      const job = await broker.audit.audited(
        { actor: caller.keyId, action: 'delivery.replay', mailboxId, subject: params.id ?? '' },
        () => broker.registry.replay(mailboxId, { kind: 'dead', key: found.row.key }),
      );
      return json(202, replayJson(job));
    },
  },
});

app.http('delivery-replay', {
  route: 'deliveries/{id}/replay',
  methods: allMethods,
  authLevel: 'anonymous',
  handler: deliveryReplay,
});

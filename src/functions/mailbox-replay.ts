import { app } from '@azure/functions';
import { broker } from '../lib/broker.ts';
import { replayJson } from '../lib/connect/delivery-json.ts';
import { isWithinReach } from '../lib/connect/mailbox-json.ts';
import { replayWish } from '../lib/connect/replay-wish.ts';
import { BrokerError } from '../lib/errors.ts';
import { replayRequest } from '../lib/http/requests/deliveries.ts';
import { allMethods, json, resource } from '../lib/http/resource.ts';

/** `POST mailboxes/{id}/replay`: what was given up, or all mail since a time, is sent again. */
export const mailboxReplay = resource(broker, {
  POST: {
    scope: 'admin',
    body: replayRequest,
    handler: async ({ broker, caller, params, body }) => {
      const view = await broker.registry.get(params.id ?? '');
      if (view === undefined || !isWithinReach(caller, view.row)) throw new BrokerError('not_found');
      const { id: mailboxId } = view.row;
      const wish = replayWish(body, broker.clock.now());
      const job = await broker.audit.deed(
        { actor: caller.keyId, action: 'mailbox.replay', mailboxId },
        () => broker.registry.replay(mailboxId, wish),
        ({ id }) => ({ subject: id }),
      );
      return json(202, replayJson(job));
    },
  },
});

app.http('mailbox-replay', {
  route: 'mailboxes/{id}/replay',
  methods: allMethods,
  authLevel: 'anonymous',
  handler: mailboxReplay,
});

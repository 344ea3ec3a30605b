import { app } from '@azure/functions';
import { broker } from '../../lib/broker.ts';
import { replayRequest } from '../../lib/http/requests/deliveries.ts';
import { allMethods, json, resource } from '../../lib/http/resource.ts';
import { replayJson } from '../../lib/mailboxes/delivery-json.ts';
import { visibleMailbox } from '../../lib/mailboxes/mailbox-of-caller.ts';
import { replayRequestOf } from '../../lib/mailboxes/replay-request.ts';

/** `POST mailboxes/{id}/replay`: what was given up, or all mail since a time, is sent again. `DELETE`: no, after all. */
export const mailboxReplay = resource(broker, {
  POST: {
    scope: 'admin',
    body: replayRequest,
    handler: async ({ broker, caller, params, body }) => {
      const { row } = await visibleMailbox(broker.registry, caller, params.id);
      const mailboxId = row.id;
      const request = replayRequestOf(body, broker.clock.now());
      const job = await broker.audit.audited(
        { actor: caller.keyId, action: 'mailbox.replay', mailboxId },
        () => broker.registry.replay(mailboxId, request),
        ({ id }) => ({ subject: id }),
      );
      return json(202, replayJson(job));
    },
  },
  DELETE: {
    scope: 'admin',
    handler: async ({ broker, caller, params }) => {
      const { row } = await visibleMailbox(broker.registry, caller, params.id);
      const mailboxId = row.id;
      const stopped = await broker.audit.audited(
        { actor: caller.keyId, action: 'mailbox.stop-replays', mailboxId },
        () => broker.registry.stopReplays(mailboxId),
      );
      return json(202, { replays: stopped.map(replayJson) });
    },
  },
});

app.http('mailbox-replay', {
  route: 'mailboxes/{id}/replay',
  methods: allMethods,
  authLevel: 'anonymous',
  handler: mailboxReplay,
});

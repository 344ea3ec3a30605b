import { app } from '@azure/functions';
import { queueBells } from '../../lib/bells/queue-bells.ts';
import { broker } from '../../lib/broker.ts';
import { BrokerError } from '../../lib/errors.ts';
import { readJson } from '../../lib/http/body.ts';
import { allMethods, resource } from '../../lib/http/resource.ts';

/** A thousand notifications, the most that come at once, with a KB each. */
const bodyLimitBytes = 1024 * 1024;

/** Graph promises no length; those seen have some 200 characters. */
const tokenForm = /^[ -~]{1,2048}$/;

/**
 * `POST bell`: notifications of new mail from Microsoft Graph, which are answered before anything is looked at but their
 * MAC. A new subscription is confirmed by sending its validation token back as plain text.
 * https://learn.microsoft.com/graph/change-notifications-delivery-webhooks
 */
export const bell = resource(broker, {
  POST: {
    scope: 'none',
    bodyLimitBytes,
    handler: async ({ broker: { bells, queue }, request }) => {
      if (bells === undefined) throw new BrokerError('not_found');
      const token = request.query.get('validationToken');
      if (token !== null) {
        if (!tokenForm.test(token)) throw new BrokerError('invalid_request', { fields: [tokenFault] });
        return { status: 200, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body: token };
      }
      const queued = await bells.read(await readJson(request, bodyLimitBytes));
      // Only the queue may fail here: then Graph sends the notification again.
      await queueBells(queued, queue.send);
      return { status: 202 };
    },
  },
});

const tokenFault = { field: 'validationToken', message: 'Is no token of Microsoft Graph.' };

app.http('bell', { route: 'bell', methods: allMethods, authLevel: 'anonymous', handler: bell });

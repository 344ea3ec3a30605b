import { app } from '@azure/functions';
import { broker } from '../../lib/broker.ts';
import { tokenRequest } from '../../lib/http/requests/mailboxes.ts';
import { allMethods, json, resource } from '../../lib/http/resource.ts';

/** `POST mailboxes/{id}/token`: a fresh access token, where the deployment allows it at all. */
export const mailboxToken = resource(broker, {
  POST: {
    scope: 'token',
    body: tokenRequest,
    handler: async ({ broker, caller, params, body }) =>
      json(200, await broker.giveToken(params.id ?? '', body.resource, caller)),
  },
});

app.http('mailbox-token', {
  route: 'mailboxes/{id}/token',
  methods: allMethods,
  authLevel: 'anonymous',
  handler: mailboxToken,
});

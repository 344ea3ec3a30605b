import { app } from '@azure/functions';
import { broker } from '../../lib/broker.ts';
import { newConnectLink } from '../../lib/http/requests/connect-links.ts';
import { allMethods, json, resource } from '../../lib/http/resource.ts';

/** `POST connect-links`: a link by which a person connects a mailbox. */
export const connectLinks = resource(broker, {
  POST: {
    scope: 'connect',
    body: newConnectLink,
    handler: async ({ broker, caller, body }) => {
      const { expiresIn, ...wanted } = body;
      const link = await broker.connect.createLink({ ...wanted, expiresInSeconds: expiresIn }, caller);
      return json(201, link);
    },
  },
});

app.http('connect-links', {
  route: 'connect-links',
  methods: allMethods,
  authLevel: 'anonymous',
  handler: connectLinks,
});

import { app } from '@azure/functions';
import { broker } from '../lib/broker.ts';
import { answerStep } from '../lib/connect/answer.ts';
import { consentError } from '../lib/http/browser-errors.ts';
import { connectToken } from '../lib/http/requests/connect-links.ts';
import { allMethods, resource } from '../lib/http/resource.ts';

/** `GET admin-consent`: the page behind an administrator's link, which changes nothing. `POST admin-consent`: its button. */
export const adminConsent = resource(broker, {
  GET: {
    scope: 'none',
    query: connectToken,
    errorPage: consentError,
    handler: async ({ broker, request, requestId, query }) => {
      const content = await broker.connect.showAdminConsent(query.token);
      return answerStep({ kind: 'page', content }, request, requestId);
    },
  },
  POST: {
    scope: 'none',
    body: connectToken,
    bodyForm: 'form',
    errorPage: consentError,
    handler: async ({ broker, request, requestId, body }) => {
      const step = await broker.connect.beginAdminConsent({ token: body.token, headers: request.headers });
      return answerStep(step, request, requestId);
    },
  },
});

app.http('admin-consent', {
  route: 'admin-consent',
  methods: allMethods,
  authLevel: 'anonymous',
  handler: adminConsent,
});

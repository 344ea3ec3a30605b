import { app } from '@azure/functions';
import { broker } from '../../lib/broker.ts';
import { answerStep } from '../../lib/connect/answer.ts';
import { allMethods, resource } from '../../lib/http/resource.ts';
import { browserError } from '../../lib/pages/browser-errors.ts';

/** `GET oauth/callback`: where Microsoft sends the browser after the sign-in. */
export const oauthCallback = resource(broker, {
  GET: {
    scope: 'none',
    errorPage: browserError,
    handler: async ({ broker, request, requestId }) => {
      const step = await broker.connect.callback({ query: request.query, headers: request.headers });
      return answerStep(step, request, requestId);
    },
  },
});

app.http('oauth-callback', {
  route: 'oauth/callback',
  methods: allMethods,
  authLevel: 'anonymous',
  handler: oauthCallback,
});

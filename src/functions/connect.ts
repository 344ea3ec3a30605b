import { app } from '@azure/functions';
import { broker } from '../lib/broker.ts';
import { answerStep } from '../lib/connect/answer.ts';
import { browserError } from '../lib/http/browser-errors.ts';
import { connectToken } from '../lib/http/requests/connect-links.ts';
import { allMethods, resource } from '../lib/http/resource.ts';

/** `GET connect`: the page behind a link, which changes nothing. `POST connect`: its button, which leads to Microsoft. */
export const connect = resource(broker, {
  GET: {
    scope: 'none',
    query: connectToken,
    errorPage: browserError,
    handler: async ({ broker, request, requestId, query }) => {
      const content = await broker.connect.show(query.token);
      return answerStep({ kind: 'page', content }, request, requestId);
    },
  },
  POST: {
    scope: 'none',
    body: connectToken,
    bodyForm: 'form',
    errorPage: browserError,
    handler: async ({ broker, request, requestId, body }) => {
      const step = await broker.connect.begin({ token: body.token, headers: request.headers });
      return answerStep(step, request, requestId);
    },
  },
});

app.http('connect', { route: 'connect', methods: allMethods, authLevel: 'anonymous', handler: connect });

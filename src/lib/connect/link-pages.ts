import { connectToken } from '../http/requests/connect-links.ts';
import { type HttpParts, type ResourceHandler, resource } from '../http/resource.ts';
import type { browserError } from '../pages/browser-errors.ts';
import type { PageContent } from '../pages/pages.ts';
import { answerStep } from './answer.ts';
import type { ButtonPress, Connect, Step } from './types.ts';

/** What lies behind a link that a person opens: `GET` the page, which changes nothing, and `POST` its button. */
export const linkPages = (
  broker: () => Promise<HttpParts & { readonly connect: Connect }>,
  link: {
    readonly show: (connect: Connect, token: string) => Promise<PageContent>;
    readonly begin: (connect: Connect, press: ButtonPress) => Promise<Step>;
    readonly errorPage: typeof browserError;
  },
): ResourceHandler =>
  resource(broker, {
    GET: {
      scope: 'none',
      query: connectToken,
      errorPage: link.errorPage,
      handler: async ({ broker, request, requestId, query }) =>
        answerStep({ kind: 'page', content: await link.show(broker.connect, query.token) }, request, requestId),
    },
    POST: {
      scope: 'none',
      body: connectToken,
      bodyForm: 'form',
      errorPage: link.errorPage,
      handler: async ({ broker, request, requestId, body }) => {
        const press = { token: body.token, headers: request.headers };
        return answerStep(await link.begin(broker.connect, press), request, requestId);
      },
    },
  });

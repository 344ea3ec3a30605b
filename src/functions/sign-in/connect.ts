import { app } from '@azure/functions';
import { broker } from '../../lib/broker.ts';
import { linkPages } from '../../lib/connect/link-pages.ts';
import { allMethods } from '../../lib/http/resource.ts';
import { browserError } from '../../lib/pages/browser-errors.ts';

/** `GET connect`: the page behind a link, which changes nothing. `POST connect`: its button, which leads to Microsoft. */
export const connect = linkPages(broker, {
  show: (connect, token) => connect.show(token),
  begin: (connect, press) => connect.begin(press),
  errorPage: browserError,
});

app.http('connect', { route: 'connect', methods: allMethods, authLevel: 'anonymous', handler: connect });

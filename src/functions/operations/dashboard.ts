import { app } from '@azure/functions';
import { broker } from '../../lib/broker.ts';
import { dashboardForm } from '../../lib/http/requests/dashboard.ts';
import { allMethods, resource } from '../../lib/http/resource.ts';
import { browserError } from '../../lib/pages/browser-errors.ts';

/**
 * `GET dashboard`: the admin's first look, or the page to sign in. `POST dashboard`: its buttons. Not `admin`: the
 * Functions host keeps every route that begins so for itself.
 */
export const dashboard = resource(broker, {
  GET: {
    scope: 'none',
    errorPage: browserError,
    handler: async ({ broker, request }) => broker.dashboard.show(request),
  },
  POST: {
    scope: 'none',
    body: dashboardForm,
    bodyForm: 'form',
    errorPage: browserError,
    handler: async ({ broker, request, body }) => broker.dashboard.press(request, body),
  },
});

app.http('dashboard', { route: 'dashboard', methods: allMethods, authLevel: 'anonymous', handler: dashboard });

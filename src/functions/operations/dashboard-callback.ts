import { app } from '@azure/functions';
import { broker } from '../../lib/broker.ts';
import { allMethods, resource } from '../../lib/http/resource.ts';
import { browserError } from '../../lib/pages/browser-errors.ts';

/** `GET dashboard/callback`: where Microsoft sends an administrator back to. */
export const dashboardCallback = resource(broker, {
  GET: {
    scope: 'none',
    errorPage: browserError,
    handler: async ({ broker, request }) => broker.dashboard.callback(request),
  },
});

app.http('dashboard-callback', {
  route: 'dashboard/callback',
  methods: allMethods,
  authLevel: 'anonymous',
  handler: dashboardCallback,
});

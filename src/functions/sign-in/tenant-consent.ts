import { app } from '@azure/functions';
import { broker } from '../../lib/broker.ts';
import { linkPages } from '../../lib/connect/link-pages.ts';
import { allMethods } from '../../lib/http/resource.ts';
import { consentError } from '../../lib/pages/browser-errors.ts';

/** `GET tenant-consent`: the page behind an administrator's link, which changes nothing. `POST tenant-consent`: its button. */
export const adminConsent = linkPages(broker, {
  show: (connect, token) => connect.showAdminConsent(token),
  begin: (connect, press) => connect.beginAdminConsent(press),
  errorPage: consentError,
});

app.http('tenant-consent', {
  route: 'tenant-consent',
  methods: allMethods,
  authLevel: 'anonymous',
  handler: adminConsent,
});

import { app } from '@azure/functions';
import { isLimited } from '../../lib/access/caller.ts';
import { broker } from '../../lib/broker.ts';
import { BrokerError } from '../../lib/errors.ts';
import { newAdminConsentLink } from '../../lib/http/requests/tenant-consent-links.ts';
import { allMethods, json, resource } from '../../lib/http/resource.ts';

/** `POST tenant-consent-links`: a link with which an administrator consents for a whole tenant. */
export const adminConsentLinks = resource(broker, {
  POST: {
    scope: 'admin',
    body: newAdminConsentLink,
    handler: async ({ broker, caller, body }) => {
      // Consent applies to the whole organisation.
      if (isLimited(caller)) throw new BrokerError('key_limited');
      const { expiresIn, ...wanted } = body;
      const link = await broker.connect.createAdminConsentLink(
        { ...wanted, expiresInSeconds: expiresIn },
        caller.keyId,
      );
      return json(201, link);
    },
  },
});

app.http('tenant-consent-links', {
  route: 'tenant-consent-links',
  methods: allMethods,
  authLevel: 'anonymous',
  handler: adminConsentLinks,
});

import { app } from '@azure/functions';
import { broker } from '../../lib/broker.ts';
import { BrokerError } from '../../lib/errors.ts';
import { allMethods, json, noContent, resource } from '../../lib/http/resource.ts';
import { mailboxToChange, visibleMailbox } from '../../lib/mailboxes/mailbox-of-caller.ts';
import {
  newSuppressions,
  oneSuppression,
  suppressionJson,
  suppressionList,
} from '../../lib/submissions/requests/suppression-request.ts';

/** `GET`, `PUT` and `DELETE mailboxes/{id}/suppressions`: the addresses to which a mailbox sends nothing. */
export const suppressions = resource(broker, {
  GET: {
    scope: 'read',
    query: suppressionList,
    handler: async ({ broker, caller, params, query }) => {
      const { row } = await visibleMailbox(broker.registry, caller, params.id);
      const { suppressions: rows } = broker.sending;
      if (query.address !== undefined) {
        const found = await rows.among(row.id, [query.address.address]);
        return json(200, { items: found.map(suppressionJson), cursor: null });
      }
      const page = await rows.page(row.id, query.cursor, query.limit);
      const cursor = page.length < query.limit ? null : (page.at(-1)?.key ?? null);
      return json(200, { items: page.map(({ suppression }) => suppressionJson(suppression)), cursor });
    },
  },
  PUT: {
    scope: 'write',
    body: newSuppressions,
    handler: async ({ broker, caller, params, body }) => {
      const { row } = await mailboxToChange(broker.registry, caller, params.id);
      const since = new Date(broker.clock.now());
      const made = body.addresses.map(({ address }) => ({
        address,
        reason: 'manual' as const,
        since,
        note: body.note,
        submissionId: undefined,
      }));
      await broker.audit.audited({ actor: caller.keyId, action: 'suppression.put', mailboxId: row.id }, async () => {
        for (const suppression of made) await broker.sending.suppressions.put(row.id, suppression);
      });
      return json(200, { items: made.map(suppressionJson) });
    },
  },
  DELETE: {
    scope: 'write',
    query: oneSuppression,
    handler: async ({ broker, caller, params, query }) => {
      const { row } = await mailboxToChange(broker.registry, caller, params.id);
      const { address } = query;
      if (address === undefined) {
        const fields = [{ field: 'address', message: 'Is missing: name the address in the query.' }];
        throw new BrokerError('invalid_request', { fields });
      }
      await broker.audit.audited({ actor: caller.keyId, action: 'suppression.remove', mailboxId: row.id }, async () => {
        const isRemoved = await broker.sending.suppressions.remove(row.id, address.address);
        if (!isRemoved) throw new BrokerError('not_found', { detail: 'This address is not on the list.' });
      });
      return noContent;
    },
  },
});

app.http('mailbox-suppressions', {
  route: 'mailboxes/{id}/suppressions',
  methods: allMethods,
  authLevel: 'anonymous',
  handler: suppressions,
});

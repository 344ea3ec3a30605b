import { app } from '@azure/functions';
import { broker } from '../../lib/broker.ts';
import { draftFacts, draftJson } from '../../lib/drafts/draft-json.ts';
import { draftList, newDraft } from '../../lib/drafts/draft-request.ts';
import { allMethods, json, resource } from '../../lib/http/resource.ts';
import { mailboxToChange } from '../../lib/mailboxes/mailbox-of-caller.ts';
import { readerOf } from '../../lib/reading/reader-of.ts';
import { draftBody } from './draft-body.ts';

/** `POST mailboxes/{id}/drafts`: makes a draft, also of an answer. `GET`: those that were made so, without their content. */
export const drafts = resource(broker, {
  GET: {
    scope: 'write',
    query: draftList,
    handler: async ({ broker, caller, params, query }) => {
      const { row } = await mailboxToChange(broker.registry, caller, params.id);
      const page = await broker.drafts.page(row.id, query.cursor, query.limit);
      const last = page.length < query.limit ? undefined : page.at(-1)?.draft.id;
      return json(200, { items: page.map(({ draft }) => draftFacts(draft)), cursor: last });
    },
  },
  POST: {
    scope: 'write',
    body: newDraft,
    ...draftBody,
    handler: async ({ broker, caller, params, body, files }) => {
      const view = await mailboxToChange(broker.registry, caller, params.id);
      const { close, ...content } = body;
      const made = await broker.audit.audited(
        { actor: caller.keyId, action: 'draft.create', mailboxId: view.row.id },
        () => broker.drafts.create(readerOf(view), { content, files, close }),
        ({ row }) => ({ subject: row.draft.id }),
      );
      return json(201, draftJson(made));
    },
  },
});

app.http('mailbox-drafts', {
  route: 'mailboxes/{id}/drafts',
  methods: allMethods,
  authLevel: 'anonymous',
  handler: drafts,
});

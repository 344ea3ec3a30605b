import { app } from '@azure/functions';
import { broker } from '../../lib/broker.ts';
import { draftJson } from '../../lib/drafts/draft-json.ts';
import { draftChange, draftDiscard } from '../../lib/drafts/draft-request.ts';
import type { DraftResult } from '../../lib/drafts/drafts.ts';
import { BrokerError } from '../../lib/errors.ts';
import { problem } from '../../lib/http/problem.ts';
import { allMethods, json, noContent, resource } from '../../lib/http/resource.ts';
import { mailboxToChange } from '../../lib/mailboxes/mailbox-of-caller.ts';
import { readerOf } from '../../lib/reading/reader-of.ts';
import { draftBody } from './draft-body.ts';

/** What stood in the way of a change, with the draft as it is now. */
export const refusedDraft = (
  { code, current }: Extract<DraftResult, { readonly kind: 'refused' }>,
  requestId: string,
) => problem(new BrokerError(code), requestId, {}, { current: draftJson(current) });

/** `GET`, `PUT` and `DELETE mailboxes/{id}/drafts/{draftId}`: reads a draft, saves its fields, discards it. */
export const draft = resource(broker, {
  GET: {
    scope: 'write',
    handler: async ({ broker, caller, params: { id, draftId = '' } }) => {
      const view = await mailboxToChange(broker.registry, caller, id);
      return json(200, draftJson(await broker.drafts.get(readerOf(view), draftId)));
    },
  },
  PUT: {
    scope: 'write',
    body: draftChange,
    ...draftBody,
    handler: async ({ broker, caller, params: { id, draftId = '' }, body, files, requestId }) => {
      const view = await mailboxToChange(broker.registry, caller, id);
      const { base, close, ...content } = body;
      const result = await broker.audit.audited(
        { actor: caller.keyId, action: 'draft.change', mailboxId: view.row.id, subject: draftId },
        () => broker.drafts.put(readerOf(view), draftId, { base, content, files, close }),
        (done) => (done.kind === 'done' ? {} : { result: done.code }),
      );
      return result.kind === 'done' ? json(200, draftJson(result.shown)) : refusedDraft(result, requestId);
    },
  },
  DELETE: {
    scope: 'write',
    query: draftDiscard,
    handler: async ({ broker, caller, params: { id, draftId = '' }, query, requestId }) => {
      const view = await mailboxToChange(broker.registry, caller, id);
      const refused = await broker.audit.audited(
        { actor: caller.keyId, action: 'draft.discard', mailboxId: view.row.id, subject: draftId },
        () => broker.drafts.discard(readerOf(view), draftId, query.base),
        (done) => (done === undefined ? {} : { result: done.code }),
      );
      return refused === undefined ? noContent : refusedDraft(refused, requestId);
    },
  },
});

app.http('mailbox-draft', {
  route: 'mailboxes/{id}/drafts/{draftId}',
  methods: allMethods,
  authLevel: 'anonymous',
  handler: draft,
});

import { app } from '@azure/functions';
import { broker } from '../../lib/broker.ts';
import { draftSending } from '../../lib/drafts/draft-request.ts';
import { BrokerError } from '../../lib/errors.ts';
import { allMethods, json, resource } from '../../lib/http/resource.ts';
import { mailboxToChange } from '../../lib/mailboxes/mailbox-of-caller.ts';
import { readerOf } from '../../lib/reading/reader-of.ts';
import { submissionJson } from '../../lib/submissions/requests/submission-json.ts';
import { refusedDraft } from './draft.ts';

/** `POST mailboxes/{id}/drafts/{draftId}/send`: hands a draft over for sending, now or later. */
export const draftSend = resource(broker, {
  POST: {
    scope: 'send',
    body: draftSending,
    handler: async ({ broker, caller, params: { id, draftId = '' }, body, requestId }) => {
      // It changes Drafts, too, and what it meets there is shown.
      if (!caller.scopes.includes('write')) {
        throw new BrokerError('scope_missing', {
          detail: 'The API key does not have the scope write, which sending a draft requires besides send.',
        });
      }
      const view = await mailboxToChange(broker.registry, caller, id);
      const sent = await broker.audit.audited(
        { actor: caller.keyId, action: 'draft.send', mailboxId: view.row.id, subject: draftId },
        () => broker.drafts.send(readerOf(view), draftId, { ...body, keyId: caller.keyId }),
        (done) => ('kind' in done ? { result: done.code } : { subject: done.id }),
      );
      if ('kind' in sent) return refusedDraft(sent, requestId);
      return json(202, submissionJson(sent, new Date(broker.clock.now()), view.row));
    },
  },
});

app.http('mailbox-draft-send', {
  route: 'mailboxes/{id}/drafts/{draftId}/send',
  methods: allMethods,
  authLevel: 'anonymous',
  handler: draftSend,
});

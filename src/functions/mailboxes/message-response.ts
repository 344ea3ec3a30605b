import { app } from '@azure/functions';
import { broker } from '../../lib/broker.ts';
import { allMethods, json, resource } from '../../lib/http/resource.ts';
import { validate } from '../../lib/http/validate.ts';
import { mailboxToChange } from '../../lib/mailboxes/mailbox-of-caller.ts';
import { referenceIn } from '../../lib/reading/find-referenced.ts';
import { readerOf } from '../../lib/reading/reader-of.ts';
import { invitationAnswer } from '../../lib/submissions/invitations/answer-request.ts';
import { idempotencyKey } from '../../lib/submissions/requests/send-request.ts';
import { submissionJson } from '../../lib/submissions/requests/submission-json.ts';

/** `POST mailboxes/{id}/messages/{messageRef}/response`: answers an invitation, by a mail (202) or in the calendar (200). */
export const messageResponse = resource(broker, {
  POST: {
    scope: 'send',
    body: invitationAnswer,
    handler: async ({ broker, caller, params, body, request }) => {
      const view = await mailboxToChange(broker.registry, caller, params.id);
      const named = { ref: referenceIn(params.messageRef), messageRef: params.messageRef ?? '' };
      const key = request.headers.get('idempotency-key');
      const asked = {
        keyId: caller.keyId,
        idempotencyKey: key === null ? undefined : validate(idempotencyKey, key, 'the header Idempotency-Key'),
      };
      const { answer, comment } = body;
      const answered = await broker.audit.audited(
        { actor: caller.keyId, action: 'invitation.answer', mailboxId: view.row.id },
        () => broker.sending.answerInvitation(readerOf(view), named, { answer, comment }, asked),
        ({ submission }) => (submission === undefined ? {} : { subject: submission.id }),
      );
      const { submission, calendarUpdated } = answered;
      return json(submission === undefined ? 200 : 202, {
        calendarUpdated,
        submission: submission && submissionJson(submission, new Date(broker.clock.now()), view.row),
      });
    },
  },
});

app.http('mailbox-message-response', {
  route: 'mailboxes/{id}/messages/{messageRef}/response',
  methods: allMethods,
  authLevel: 'anonymous',
  handler: messageResponse,
});

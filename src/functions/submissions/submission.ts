import { app } from '@azure/functions';
import { broker } from '../../lib/broker.ts';
import { allMethods, json, resource } from '../../lib/http/resource.ts';
import { submissionJson } from '../../lib/submissions/requests/submission-json.ts';
import { submissionToChange, visibleSubmission } from '../../lib/submissions/requests/submission-of-caller.ts';

/** `GET submissions/{id}`: what became of a message. `DELETE`: it is not to be sent, after all. */
export const handler = resource(broker, {
  GET: {
    scope: 'send',
    handler: async ({ broker, caller, params }) => {
      const { submission, mailbox } = await visibleSubmission(broker, caller, params.id);
      const [shown = submission] = await broker.sending.submissions.shown(mailbox, [submission]);
      const link = await broker.submissionLink(shown, mailbox);
      return json(200, submissionJson(shown, new Date(broker.clock.now()), mailbox, link));
    },
  },
  DELETE: {
    scope: 'send',
    handler: async ({ broker, caller, params }) => {
      const { submission, mailbox } = await submissionToChange(broker, caller, params.id);
      const after = await broker.audit.audited(
        { actor: caller.keyId, action: 'submission.cancel', mailboxId: mailbox.id, subject: submission.id },
        () => broker.sending.submissions.cancel(submission.id),
      );
      return json(200, submissionJson(after, new Date(broker.clock.now())));
    },
  },
});

app.http('submission', {
  route: 'submissions/{id}',
  methods: allMethods,
  authLevel: 'anonymous',
  handler,
});

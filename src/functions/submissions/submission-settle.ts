import { app } from '@azure/functions';
import { broker } from '../../lib/broker.ts';
import { allMethods, json, resource } from '../../lib/http/resource.ts';
import { settleRequest } from '../../lib/submissions/requests/send-request.ts';
import { submissionJson } from '../../lib/submissions/requests/submission-json.ts';
import { submissionToChange } from '../../lib/submissions/requests/submission-of-caller.ts';

/** `POST submissions/{id}/settle`: someone has found out what became of a message that is unknown. */
export const handler = resource(broker, {
  POST: {
    scope: 'send',
    body: settleRequest,
    handler: async ({ broker, caller, params, body }) => {
      const { submission, mailbox } = await submissionToChange(broker, caller, params.id);
      const after = await broker.audit.audited(
        { actor: caller.keyId, action: 'submission.settle', mailboxId: mailbox.id, subject: submission.id },
        () => broker.sending.submissions.settle(submission.id, body.as),
      );
      return json(200, submissionJson(after, new Date(broker.clock.now())));
    },
  },
});

app.http('submission-settle', {
  route: 'submissions/{id}/settle',
  methods: allMethods,
  authLevel: 'anonymous',
  handler,
});

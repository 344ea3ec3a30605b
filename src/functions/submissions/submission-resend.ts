import { app } from '@azure/functions';
import { broker } from '../../lib/broker.ts';
import { noFields } from '../../lib/http/requests/fields.ts';
import { allMethods, json, resource } from '../../lib/http/resource.ts';
import { submissionJson } from '../../lib/submissions/requests/submission-json.ts';
import { submissionToChange } from '../../lib/submissions/requests/submission-of-caller.ts';

/** `POST submissions/{id}/resend`: sends the same bytes of a message with an unknown outcome once more. */
export const handler = resource(broker, {
  POST: {
    scope: 'send',
    body: noFields,
    handler: async ({ broker, caller, params }) => {
      const { submission, mailbox } = await submissionToChange(broker, caller, params.id);
      const after = await broker.audit.audited(
        { actor: caller.keyId, action: 'submission.resend', mailboxId: mailbox.id, subject: submission.id },
        () => broker.sending.submissions.resend(submission.id, mailbox),
      );
      return json(200, submissionJson(after, new Date(broker.clock.now())));
    },
  },
});

app.http('submission-resend', {
  route: 'submissions/{id}/resend',
  methods: allMethods,
  authLevel: 'anonymous',
  handler,
});

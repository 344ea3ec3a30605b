import { app } from '@azure/functions';
import { broker } from '../../lib/broker.ts';
import { allMethods, json, resource } from '../../lib/http/resource.ts';
import { visibleMailbox } from '../../lib/mailboxes/mailbox-of-caller.ts';
import { parseSubmissionId } from '../../lib/store/submissions/submission-keys.ts';
import { submissionList } from '../../lib/submissions/requests/send-request.ts';
import { submissionJson } from '../../lib/submissions/requests/submission-json.ts';

/** `GET mailboxes/{id}/submissions`: what was sent from a mailbox in the last days, or is to be, newest first. */
export const submissions = resource(broker, {
  GET: {
    scope: 'send',
    query: submissionList,
    handler: async ({ broker, caller, params, query }) => {
      const { row } = await visibleMailbox(broker.registry, caller, params.id);
      const page = await broker.sending.submissions.page(row.id, query.cursor, query.limit);
      const last = page.length < query.limit ? undefined : page.at(-1)?.submission.id;
      const shown = await broker.sending.submissions.shown(
        row,
        page.map(({ submission }) => submission),
      );
      const now = new Date(broker.clock.now());
      return json(200, {
        items: shown.map((submission) => submissionJson(submission, now, row)),
        cursor: (last && parseSubmissionId(last)?.key) ?? null,
      });
    },
  },
});

app.http('mailbox-submissions', {
  route: 'mailboxes/{id}/submissions',
  methods: allMethods,
  authLevel: 'anonymous',
  handler: submissions,
});

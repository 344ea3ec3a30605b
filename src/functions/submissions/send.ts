import { app } from '@azure/functions';
import { broker } from '../../lib/broker.ts';
import { isEnded } from '../../lib/domain/submission.ts';
import { allMethods, json, resource } from '../../lib/http/resource.ts';
import { validate } from '../../lib/http/validate.ts';
import { mailboxToChange } from '../../lib/mailboxes/mailbox-of-caller.ts';
import { idempotencyKey, sendQuery, sendRequest } from '../../lib/submissions/requests/send-request.ts';
import { submissionJson } from '../../lib/submissions/requests/submission-json.ts';
import { longestWaitMs, waitForEnd } from '../../lib/submissions/requests/wait-for-end.ts';

/** Files in base64 and the message around them; larger ones are fetched from NocoBase by their address. */
const bodyLimitBytes = 8 * 1024 * 1024;

/**
 * `POST mailboxes/{id}/send`: takes a message over, and answers before it is sent (202); with `?wait=true` it waits up to 4 s
 * for the end (200). With `dryRun` it shows what would be sent.
 */
export const send = resource(broker, {
  POST: {
    scope: 'send',
    query: sendQuery,
    body: sendRequest,
    bodyLimitBytes,
    handler: async ({ broker, caller, params, query, body, request }) => {
      const { clock, sending } = broker;
      const untilMs = clock.monotonic() + longestWaitMs;
      const { row } = await mailboxToChange(broker.registry, caller, params.id);
      if (body.dryRun) return json(200, await sending.dryRun(row, body));
      const key = request.headers.get('idempotency-key');
      const asked = {
        keyId: caller.keyId,
        idempotencyKey: key === null ? undefined : validate(idempotencyKey, key, 'the header Idempotency-Key'),
      };
      const accepted = await broker.audit.audited(
        { actor: caller.keyId, action: 'submission.create', mailboxId: row.id },
        () => sending.send(row, body, asked),
        ({ id }) => ({ subject: id }),
      );
      const submission = query.wait ? await waitForEnd(accepted, untilMs, clock, sending.submissions.read) : accepted;
      const status = query.wait && isEnded(submission) ? 200 : 202;
      return json(status, submissionJson(submission, new Date(clock.now())));
    },
  },
});

app.http('mailbox-send', {
  route: 'mailboxes/{id}/send',
  methods: allMethods,
  authLevel: 'anonymous',
  handler: send,
});

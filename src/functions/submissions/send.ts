import { app } from '@azure/functions';
import { broker } from '../../lib/broker.ts';
import { isEnded } from '../../lib/domain/submission.ts';
import { allMethods, json, resource } from '../../lib/http/resource.ts';
import { validate } from '../../lib/http/validate.ts';
import { mailboxToChange } from '../../lib/mailboxes/mailbox-of-caller.ts';
import { jsonOfForm } from '../../lib/submissions/requests/send-form.ts';
import { idempotencyKey, sendQuery, sendRequest } from '../../lib/submissions/requests/send-request.ts';
import { submissionJson } from '../../lib/submissions/requests/submission-json.ts';
import { longestWaitMs, waitForEnd } from '../../lib/submissions/requests/wait-for-end.ts';

/** Files in base64 and the message around them; larger ones come as multipart/form-data. */
const bodyLimitBytes = 8 * 1024 * 1024;

/** A form with all the files that fit into one message (25 MB), and text and HTML of 5 MiB each. */
const upload = {
  limits: {
    // Below what the host lets in: FUNCTIONS_REQUEST_BODY_SIZE_LIMIT.
    limitBytes: 36_000_000,
    withinMs: 120_000,
    fileField: 'attachments',
    mostFiles: 100,
    fieldBytes: 5 * 1024 * 1024,
  },
  toJson: jsonOfForm,
};

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
    intake: ({ sending }) => sending.intake,
    upload,
    handler: async ({ broker, caller, params, query, body, files, request }) => {
      const { clock, sending } = broker;
      const untilMs = clock.monotonic() + longestWaitMs;
      const { row } = await mailboxToChange(broker.registry, caller, params.id);
      const order = { mailbox: row, request: body, files };
      if (body.dryRun) return json(200, await sending.dryRun(order));
      const key = request.headers.get('idempotency-key');
      const asked = {
        keyId: caller.keyId,
        idempotencyKey: key === null ? undefined : validate(idempotencyKey, key, 'the header Idempotency-Key'),
      };
      const accepted = await broker.audit.audited(
        { actor: caller.keyId, action: 'submission.create', mailboxId: row.id },
        () => sending.send(order, asked),
        ({ id }) => ({ subject: id }),
      );
      const submission = query.wait ? await waitForEnd(accepted, untilMs, clock, sending.submissions.read) : accepted;
      const status = query.wait && isEnded(submission) ? 200 : 202;
      // The answer says that it was accepted, even if reading its lane fails.
      const [shown = submission] = query.wait
        ? await sending.submissions.shown(row, [submission]).catch(() => [submission])
        : [submission];
      return json(status, submissionJson(shown, new Date(clock.now()), row));
    },
  },
});

app.http('mailbox-send', {
  route: 'mailboxes/{id}/send',
  methods: allMethods,
  authLevel: 'anonymous',
  handler: send,
});

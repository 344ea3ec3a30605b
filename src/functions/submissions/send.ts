import { app } from '@azure/functions';
import { broker } from '../../lib/broker.ts';
import { allMethods, json, resource } from '../../lib/http/resource.ts';
import { validate } from '../../lib/http/validate.ts';
import { mailboxToChange } from '../../lib/mailboxes/mailbox-of-caller.ts';
import { idempotencyKey, sendRequest } from '../../lib/submissions/send-request.ts';
import { submissionJson } from '../../lib/submissions/submission-json.ts';

/** Files in base64 and the message around them; larger ones are fetched from NocoBase by their address. */
const bodyLimitBytes = 8 * 1024 * 1024;

/** `POST mailboxes/{id}/send`: takes a message over, and answers before it is sent. */
export const send = resource(broker, {
  POST: {
    scope: 'send',
    body: sendRequest,
    bodyLimitBytes,
    handler: async ({ broker, caller, params, body, request }) => {
      const { row } = await mailboxToChange(broker.registry, caller, params.id);
      const key = request.headers.get('idempotency-key');
      const asked = {
        keyId: caller.keyId,
        idempotencyKey: key === null ? undefined : validate(idempotencyKey, key, 'the header Idempotency-Key'),
      };
      const submission = await broker.audit.audited(
        { actor: caller.keyId, action: 'submission.create', mailboxId: row.id },
        () => broker.sending.send(row, body, asked),
        ({ id }) => ({ subject: id }),
      );
      return json(202, submissionJson(submission, new Date(broker.clock.now())));
    },
  },
});

app.http('mailbox-send', {
  route: 'mailboxes/{id}/send',
  methods: allMethods,
  authLevel: 'anonymous',
  handler: send,
});

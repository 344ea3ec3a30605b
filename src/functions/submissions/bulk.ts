import { app } from '@azure/functions';
import { broker } from '../../lib/broker.ts';
import { BrokerError } from '../../lib/errors.ts';
import { allMethods, json, resource } from '../../lib/http/resource.ts';
import { validate } from '../../lib/http/validate.ts';
import { mailboxToChange } from '../../lib/mailboxes/mailbox-of-caller.ts';
import { bulkRequest, messagesOf } from '../../lib/submissions/requests/bulk-request.ts';
import { sendBulk } from '../../lib/submissions/requests/bulk-send.ts';
import { idempotencyKey } from '../../lib/submissions/requests/send-request.ts';

const bodyLimitBytes = 8 * 1024 * 1024;

/** Of one finished message: 500 of them are stored before the answer. */
const messageLimitBytes = 1024 * 1024;

/**
 * `POST mailboxes/{id}/bulk`: takes up to 500 personal messages over, each a submission of its own. The key is required: only
 * with it can the request be repeated when its answer is lost, and for messages that were left.
 */
export const bulk = resource(broker, {
  POST: {
    scope: 'send',
    body: bulkRequest,
    bodyLimitBytes,
    intake: ({ sending }) => sending.intake,
    handler: async ({ broker, caller, params, body, request }) => {
      const { audit, clock, registry, sending } = broker;
      const { row: mailbox } = await mailboxToChange(registry, caller, params.id);
      const header = request.headers.get('idempotency-key');
      if (header === null) {
        const fields = [{ field: 'Idempotency-Key', message: 'Is missing: a bulk request needs this header.' }];
        throw new BrokerError('invalid_request', { fields });
      }
      const key = validate(idempotencyKey, header, 'the header Idempotency-Key');
      const answer = await audit.audited(
        { actor: caller.keyId, action: 'submission.create-bulk', mailboxId: mailbox.id },
        () =>
          sendBulk(
            messagesOf(body),
            (message, index) =>
              sending.send(
                { mailbox, request: message, files: [], limitBytes: messageLimitBytes },
                { keyId: caller.keyId, idempotencyKey: `${key}/${index}`, wakes: false },
              ),
            clock,
          ),
        // 500 ids are 24,000 characters; a column may have 32,000.
        ({ items }) => ({ subject: items.flatMap((item) => (item.outcome === 'accepted' ? item.id : [])).join(' ') }),
      );
      if (answer.counts.accepted > 0) await sending.wake(mailbox, body.sendAt ?? new Date(clock.now()));
      return json(202, answer);
    },
  },
});

app.http('mailbox-bulk', { route: 'mailboxes/{id}/bulk', methods: allMethods, authLevel: 'anonymous', handler: bulk });

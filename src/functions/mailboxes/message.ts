import { app } from '@azure/functions';
import type { Caller } from '../../lib/access/caller.ts';
import { type Broker, broker } from '../../lib/broker.ts';
import type { MessageChange } from '../../lib/changing/change.ts';
import { BrokerError } from '../../lib/errors.ts';
import { messageChange, messageDeletion } from '../../lib/http/requests/changes.ts';
import { allMethods, json, resource } from '../../lib/http/resource.ts';
import { mailboxToChange, visibleMailbox } from '../../lib/mailboxes/mailbox-of-caller.ts';
import { referenceIn } from '../../lib/reading/find-referenced.ts';
import { readerOf } from '../../lib/reading/reader-of.ts';

/** A change of one message; what stands in its way is the answer. */
async function changed(
  broker: Broker,
  { caller, params, requestId }: { caller: Caller; params: Readonly<Record<string, string>>; requestId: string },
  change: MessageChange,
) {
  const { id, messageRef = '' } = params;
  const view = await mailboxToChange(broker.registry, caller, id);
  referenceIn(messageRef);
  const [result] = await broker.audit.audited(
    { actor: caller.keyId, action: 'message.change', mailboxId: view.row.id },
    () => broker.reading.change(readerOf(view), { requestId, messageRefs: [messageRef], change }),
  );
  if (result === undefined) throw new BrokerError('not_found_here');
  if (!result.ok) throw result.error;
  return { message: result.message, requestId };
}

/** `GET`, `PATCH` and `DELETE mailboxes/{id}/messages/{messageRef}`: one message, in its current folder. */
export const message = resource(broker, {
  GET: {
    scope: 'read',
    handler: async ({ broker, caller, params }) => {
      const view = await visibleMailbox(broker.registry, caller, params.id);
      return json(200, await broker.reading.message(readerOf(view), referenceIn(params.messageRef)));
    },
  },
  PATCH: {
    scope: 'write',
    body: messageChange,
    handler: async (call) => json(200, await changed(call.broker, call, call.body)),
  },
  DELETE: {
    scope: 'write',
    query: messageDeletion,
    handler: async (call) => {
      const change: MessageChange = call.query.permanently
        ? { deletePermanently: true }
        : { moveTo: { role: 'trash' } };
      return json(200, await changed(call.broker, call, change));
    },
  },
});

app.http('mailbox-message', {
  route: 'mailboxes/{id}/messages/{messageRef}',
  methods: allMethods,
  authLevel: 'anonymous',
  handler: message,
});

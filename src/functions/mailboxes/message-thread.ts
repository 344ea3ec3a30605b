import { app } from '@azure/functions';
import { broker } from '../../lib/broker.ts';
import { threadQuery } from '../../lib/http/requests/messages.ts';
import { allMethods, json, resource } from '../../lib/http/resource.ts';
import { visibleMailbox } from '../../lib/mailboxes/mailbox-of-caller.ts';
import { referenceIn } from '../../lib/reading/find-referenced.ts';
import { readerOf } from '../../lib/reading/reader-of.ts';

/** `GET …/messages/{messageRef}/thread`: the conversation of a message, as far as the folders go that are looked into. */
export const messageThread = resource(broker, {
  GET: {
    scope: 'read',
    query: threadQuery,
    handler: async ({ broker, caller, params, query }) => {
      const view = await visibleMailbox(broker.registry, caller, params.id);
      return json(200, await broker.reading.thread(readerOf(view), { ref: referenceIn(params.messageRef), ...query }));
    },
  },
});

app.http('mailbox-message-thread', {
  route: 'mailboxes/{id}/messages/{messageRef}/thread',
  methods: allMethods,
  authLevel: 'anonymous',
  handler: messageThread,
});

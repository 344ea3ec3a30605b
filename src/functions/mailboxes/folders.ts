import { app } from '@azure/functions';
import { broker } from '../../lib/broker.ts';
import { folderList } from '../../lib/http/requests/messages.ts';
import { allMethods, json, resource } from '../../lib/http/resource.ts';
import { visibleMailbox } from '../../lib/mailboxes/mailbox-of-caller.ts';
import { readerOf } from '../../lib/reading/reader-of.ts';

/** `GET mailboxes/{id}/folders`: the folders of a mailbox, with counts for those that are named. */
export const folders = resource(broker, {
  GET: {
    scope: 'read',
    query: folderList,
    handler: async ({ broker, caller, params, query }) => {
      const view = await visibleMailbox(broker.registry, caller, params.id);
      return json(200, await broker.reading.folders(readerOf(view), query));
    },
  },
});

app.http('mailbox-folders', {
  route: 'mailboxes/{id}/folders',
  methods: allMethods,
  authLevel: 'anonymous',
  handler: folders,
});

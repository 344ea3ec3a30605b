import { app } from '@azure/functions';
import { broker } from '../../lib/broker.ts';
import { fileAnswer } from '../../lib/http/file-answer.ts';
import { attachmentToken } from '../../lib/http/requests/attachments.ts';
import { allMethods, resource } from '../../lib/http/resource.ts';

/**
 * `GET attachments?token=…`: the file behind a link of an event. The link is the right to it; nothing is asked or read
 * before its MAC is checked.
 *
 * The file is read from the mailbox in pieces, and works whether or not the app asks for HTTP streams. It does not:
 * `enableHttpStream` is one switch for all functions; it keeps writing regardless of the caller, so that a slow caller
 * costs the same memory, and does not notice a disconnect (azure-functions-nodejs-library#294); and there an answer
 * whose function fails never ends (#324). Without it the library gathers the answer, so its size and number are bounded
 * (attachments.ts and download-slots.ts beside the mail session).
 */
export const attachments = resource(broker, {
  GET: {
    scope: 'none',
    query: attachmentToken,
    handler: async ({ broker, request, query }) => {
      const place = await broker.attachmentTokens.open(query.token);
      return fileAnswer(request, await broker.attachments.open(place));
    },
  },
});

app.http('attachments', { route: 'attachments', methods: allMethods, authLevel: 'anonymous', handler: attachments });

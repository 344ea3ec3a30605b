import { app } from '@azure/functions';

/** Takes an upload as it comes and keeps nothing: what is left is the share of the host. */
app.http('drain', {
  methods: ['POST'],
  route: 'drain',
  authLevel: 'anonymous',
  handler: async (request) => {
    let bytes = 0;
    for await (const chunk of request.body ?? []) bytes += chunk.byteLength;
    return { status: 202, jsonBody: { bytes } };
  },
});

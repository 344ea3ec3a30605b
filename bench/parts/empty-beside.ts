import { app } from '@azure/functions';
import '../../src/functions/index.ts';

// The app as it is deployed, with an empty function beside its own: both are found, called and answered by the same host
// in the same process, so that what differs is what the function does.
app.http('empty', {
  methods: ['POST'],
  route: 'mailboxes/{id}/empty',
  authLevel: 'anonymous',
  handler: () => ({ jsonBody: {} }),
});

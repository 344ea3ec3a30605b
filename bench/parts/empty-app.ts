import { app } from '@azure/functions';

// The least app there is: the floor of loading, and of answering.
app.http('empty', { methods: ['POST'], route: 'empty', authLevel: 'anonymous', handler: () => ({ jsonBody: {} }) });

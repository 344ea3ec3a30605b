import { app } from '@azure/functions';
import { BrokerError } from '../lib/errors.ts';
import { problem } from '../lib/http/problem.ts';
import { allMethods } from '../lib/http/resource.ts';

/** Every address that nothing else answers; the host prefers any route that fits better. */
app.http('not-found', {
  route: '{*path}',
  methods: allMethods,
  authLevel: 'anonymous',
  handler: async (_request, context) =>
    problem(new BrokerError('not_found'), context.invocationId, {
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
    }),
});

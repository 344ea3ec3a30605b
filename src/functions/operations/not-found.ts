import { app, type HttpHandler } from '@azure/functions';
import { BrokerError } from '../../lib/errors.ts';
import { problem } from '../../lib/http/problem.ts';
import { allMethods, commonHeaders } from '../../lib/http/resource.ts';

/** Every address that nothing else answers; the host prefers any route that fits better. */
export const notFound: HttpHandler = async (_request, context) =>
  problem(new BrokerError('not_found'), context.invocationId, commonHeaders);

app.http('not-found', { route: '{*path}', methods: allMethods, authLevel: 'anonymous', handler: notFound });

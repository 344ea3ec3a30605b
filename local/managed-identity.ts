import { randomBytes, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { signJwt, verifyJwt } from './jwt.ts';
import { listen } from './listen.ts';
import { type Call, type Reply, serve } from './web.ts';
import type { IdentityStandIn } from './world.ts';

export interface IdentityOptions {
  readonly tenant: string;
  readonly port?: number;
  /** 24 hours as on App Service, if left out. */
  readonly lifetimeSeconds?: number;
}

/**
 * The identity endpoint of App Service and Functions (IDENTITY_ENDPOINT, IDENTITY_HEADER), which
 * ManagedIdentityCredential talks to over plain http.
 * @see https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
 */
export async function startManagedIdentity(options: IdentityOptions): Promise<IdentityStandIn> {
  const { tenant, lifetimeSeconds = 86_400 } = options;
  const key = randomBytes(32);
  const header = randomBytes(16).toString('hex').toUpperCase();
  const clientId = randomUUID();
  const principalId = randomUUID();
  let isDown = false;
  let requests = 0;

  const answer = async (call: Call): Promise<Reply> => {
    requests += 1;
    if (isDown) return { status: 500, body: { statusCode: 500, message: 'The identity endpoint is down.' } };
    if (call.url.pathname !== '/msi/token') return { status: 404, body: { statusCode: 404, message: 'Not found' } };
    // The header stops requests that a page or a forged redirect makes on behalf of the app.
    if (call.headers['x-identity-header'] !== header) {
      return { status: 401, body: { statusCode: 401, message: 'The X-IDENTITY-HEADER header is missing or wrong.' } };
    }
    const query = call.url.searchParams;
    const resource = query.get('resource');
    if (query.get('api-version') !== '2019-08-01' || resource === null) {
      return { status: 400, body: { statusCode: 400, message: 'api-version 2019-08-01 and resource are needed.' } };
    }
    if ((query.get('client_id') ?? clientId) !== clientId) {
      const message =
        'No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.';
      return { status: 400, body: { statusCode: 400, message } };
    }
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      aud: resource,
      iss: `https://sts.windows.net/${tenant}/`,
      iat: now,
      nbf: now,
      exp: now + lifetimeSeconds,
      appid: clientId,
      oid: principalId,
      sub: principalId,
      tid: tenant,
    };
    return {
      status: 200,
      body: {
        access_token: signJwt(claims, key),
        expires_on: String(claims.exp),
        resource,
        token_type: 'Bearer',
        client_id: clientId,
      },
    };
  };

  const listener = await listen(createServer(serve(answer)), 'the managed identity stand-in', options.port);
  return {
    endpoint: `http://127.0.0.1:${listener.port}/msi/token`,
    header,
    clientId,
    verify: (token, audience) => verifyJwt(token, key)?.aud === audience,
    down: (down = true) => {
      isDown = down;
    },
    requests: () => requests,
    stop: listener.stop,
  };
}

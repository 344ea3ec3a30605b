import { randomBytes, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { signJwt, verifyJwt } from '../jwt.ts';
import { type Listener, listen } from '../listen.ts';
import { type Call, type Reply, serve } from '../web.ts';
import type { IdentityStandIn } from './stand-ins.ts';

export interface IdentityOptions {
  readonly tenant: string;
  readonly port?: number;
}

/**
 * The identity of this process, made once. MSAL keeps the endpoint it found first, and the tokens from there, in static
 * fields: a second endpoint, or the same one with another key, would never be asked or believed. So every stand-in of
 * one process is the same listener, which closes with its last user and comes back on the same port.
 */
const key = randomBytes(32);
const header = randomBytes(16).toString('hex').toUpperCase();
const clientId = randomUUID();
const principalId = randomUUID();
let listener: Promise<Listener> | undefined;
let users = 0;
let lastPort: number | undefined;
let isDown = false;
let requests = 0;

// As on App Service.
const lifetimeSeconds = 86_400;

/**
 * The identity endpoint of App Service and Functions (IDENTITY_ENDPOINT, IDENTITY_HEADER), which
 * ManagedIdentityCredential talks to over plain http.
 * @see https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
 */
export async function startManagedIdentity({ tenant, port }: IdentityOptions): Promise<IdentityStandIn> {
  const server = createServer(serve(async (call) => answer(call, tenant)));
  listener ??= listen(server, 'the managed identity stand-in', port ?? lastPort);
  users += 1;
  let bound: number;
  try {
    bound = (await listener).port;
  } catch (error) {
    users -= 1;
    listener = undefined;
    throw error;
  }
  lastPort = bound;
  let isStopped = false;
  return {
    endpoint: `http://127.0.0.1:${bound}/msi/token`,
    header,
    clientId,
    verify: (token, audience) => verifyJwt(token, key)?.aud === audience,
    down: (down = true) => {
      isDown = down;
    },
    requests: () => requests,
    stop: async () => {
      if (isStopped) return;
      isStopped = true;
      users -= 1;
      if (users > 0) return;
      const ending = listener;
      listener = undefined;
      isDown = false;
      await (await ending)?.stop();
    },
  };
}

function answer(call: Call, tenant: string): Reply {
  requests += 1;
  const fault = (status: number, message: string): Reply => ({ status, body: { statusCode: status, message } });
  if (isDown) return fault(500, 'The identity endpoint is down.');
  if (call.url.pathname !== '/msi/token') return fault(404, 'Not found');
  // The header stops requests that a page or a forged redirect makes on behalf of the app.
  if (call.headers['x-identity-header'] !== header) {
    return fault(401, 'The X-IDENTITY-HEADER header is missing or wrong.');
  }
  const query = call.url.searchParams;
  const resource = query.get('resource');
  if (query.get('api-version') !== '2019-08-01' || resource === null) {
    return fault(400, 'api-version 2019-08-01 and resource are needed.');
  }
  if ((query.get('client_id') ?? clientId) !== clientId) {
    return fault(
      400,
      'No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.',
    );
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
}

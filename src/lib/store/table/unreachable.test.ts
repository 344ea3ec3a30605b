import { expect, it } from 'vitest';
import { ForeignAnswer, toStoreError } from './azure-error.ts';
import { asBrokerError } from './modify.ts';

const rest = (statusCode: number | undefined, code: string) =>
  Object.assign(new Error('x'), {
    name: 'RestError',
    statusCode,
    ...(statusCode === undefined ? { code } : { details: { odataError: { code } } }),
  });
const identity = (status: number) =>
  Object.assign(new Error('no token', { cause: Object.assign(new Error('x'), { status }) }), {
    name: 'CredentialUnavailableError',
  });

it.each<[string, unknown, RegExp]>([
  ['a missing role', rest(403, 'AuthorizationPermissionMismatch'), /Storage Table Data Contributor/],
  ['a firewall', rest(403, 'AuthorizationFailure'), /firewall/],
  ['a name that is unknown', rest(undefined, 'ENOTFOUND'), /TABLES_URL/],
  ['an account that is busy', rest(503, 'ServerBusy'), /throttling/],
  ['an identity that is not assigned', identity(400), /AZURE_CLIENT_ID/],
  ['an identity endpoint that fails', identity(500), /identity endpoint/],
  ['a page that is not the service', new ForeignAnswer('status 200'), /TABLES_URL, and any proxy/],
  ['an answer that cannot be read', new TypeError('not iterable'), /^Table Storage is not responding\.$/],
  ['anything else', rest(500, 'InternalError'), /^Table Storage is not responding\.$/],
])('reports %s as storage_unreachable', (_what, error, message) => {
  expect(asBrokerError(toStoreError(error, 'mail'))).toMatchObject({
    code: 'storage_unreachable',
    message: expect.stringMatching(message),
  });
});

import type { HttpFunctionOptions } from '@azure/functions';
import { expect, it, vi } from 'vitest';
import { registered } from '../../test/support/without-host.ts';

vi.mock('@azure/functions', async (original) =>
  (await import('../../test/support/without-host.ts')).withoutHost(original),
);

await import('./index.ts');

/** Every address below /api, its methods, and what a key must have for each. A change of this table is a change of the interface. */
const doors = `
attachments                     GET none
bell                            POST none
connect                         GET none, POST none
connect-links                   POST connect
dashboard                       GET none, POST none
dashboard/callback              GET none
deliveries                      GET admin
deliveries/{id}/replay          POST admin
destinations                    GET admin, POST admin
destinations/{id}               GET admin, PATCH admin, DELETE admin
destinations/{id}/replay        POST admin, DELETE admin
destinations/{id}/test          POST admin
docs                            GET none
doctor                          GET admin
health                          GET none
keys                            GET admin, POST admin
keys/{id}                       DELETE admin
mailboxes                       GET read, POST admin
mailboxes/{id}                  GET read, PATCH admin, DELETE admin
mailboxes/{id}/bulk             POST send
mailboxes/{id}/changes          GET read
mailboxes/{id}/drafts           GET write, POST write
mailboxes/{id}/drafts/{draftId} GET write, PUT write, DELETE write
mailboxes/{id}/drafts/{draftId}/send POST send
mailboxes/{id}/folders          GET read
mailboxes/{id}/messages         GET read, PATCH write
mailboxes/{id}/messages/{messageRef} GET read, PATCH write, DELETE write
mailboxes/{id}/messages/{messageRef}/attachments/{part} GET read
mailboxes/{id}/messages/{messageRef}/raw GET read
mailboxes/{id}/messages/{messageRef}/response POST send
mailboxes/{id}/messages/{messageRef}/thread GET read
mailboxes/{id}/replay           POST admin, DELETE admin
mailboxes/{id}/send             POST send
mailboxes/{id}/submissions      GET send
mailboxes/{id}/suppressions     GET read, PUT write, DELETE write
mailboxes/{id}/sync             POST read
mailboxes/{id}/token            POST token
mailboxes/{id}/uploads          POST write
metrics                         GET admin
oauth/callback                  GET none
openapi.json                    GET none
reseal                          GET admin, POST admin
submissions/{id}                GET send, DELETE send
submissions/{id}/resend         POST send
submissions/{id}/settle         POST send
tenant-consent                  GET none, POST none
tenant-consent-links            POST admin
{*path}
`;

const scopesOf = (options: HttpFunctionOptions): Readonly<Record<string, string>> =>
  Object.assign({}, Reflect.get(options.handler, 'scopes'));

it('every address asks for the scope that it should', () => {
  const lines = [...registered.values()].map((options) => {
    const methods = Object.entries(scopesOf(options)).map(([method, scope]) => `${method} ${scope}`);
    return `${(options.route ?? '').padEnd(31)} ${methods.join(', ')}`.trim();
  });
  expect(lines.toSorted()).toEqual(doors.trim().split('\n'));
});

// azure-functions-host, ScriptHost.ValidateHttpFunction: whatever prefix comes before them.
it('has no address of those that the Functions host keeps for itself', () => {
  for (const { route = '' } of registered.values()) expect(route).not.toMatch(/^(admin|runtime)/i);
});

it('leaves the check of keys to us, and takes every method, so that the answer to a wrong one is ours too', () => {
  for (const [name, options] of registered) {
    expect(options.authLevel, name).toBe('anonymous');
    expect(options.methods, name).toEqual(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
  }
});

import { describe, expect, it } from 'vitest';
import { destinationPatch, newDestination } from './destinations.ts';

const good = { type: 'webhook', name: 'NocoBase', url: 'https://nocobase.example.com/api/webhook:trigger/abc' };
const faults = (schema: typeof newDestination | typeof destinationPatch, body: unknown) =>
  schema.safeParse(body).error?.issues.map(({ path }) => path.join('.')) ?? [];

describe('the body of POST destinations', () => {
  it('needs a type, a name and a URL', () => {
    expect(newDestination.parse(good)).toEqual({ ...good, rawHtml: false, paused: false, auth: { type: 'none' } });
    expect(faults(newDestination, {})).toEqual(['type', 'name', 'url']);
  });

  it.each<[string, object, string]>([
    ['another type', { type: 'ftp' }, 'type'],
    ['an empty name', { name: ' ' }, 'name'],
    ['a name of two lines', { name: 'a\nb' }, 'name'],
    ['no address', { url: 'nocobase' }, 'url'],
    ['a huge address', { url: `https://x.example/${'x'.repeat(2000)}` }, 'url'],
    ['a flag that is none', { rawHtml: 'yes' }, 'rawHtml'],
    ['an unknown way to sign in', { auth: { type: 'digest' } }, 'auth.type'],
    ['basic without a password', { auth: { type: 'basic', user: 'u' } }, 'auth.password'],
    ['a user with a colon', { auth: { type: 'basic', user: 'a:b', password: 'p' } }, 'auth.user'],
    ['a token with a line break', { auth: { type: 'bearer', token: 'a\r\nX-Evil: 1' } }, 'auth.token'],
    ['a token with other characters', { auth: { type: 'bearer', token: 'tök' } }, 'auth.token'],
    ['an empty token', { auth: { type: 'bearer', token: '' } }, 'auth.token'],
    ['a token beside none', { auth: { type: 'none', token: 'x' } }, 'auth'],
    ['an unknown field', { headers: {} }, ''],
  ])('does not take %s', (_what, change, field) => {
    expect(faults(newDestination, { ...good, ...change })).toEqual([field]);
  });
});

describe('the body of PATCH destinations/{id}', () => {
  it('may be empty, and changes nothing by defaults', () => {
    expect(destinationPatch.parse({})).toEqual({});
    expect(destinationPatch.parse({ paused: false })).toEqual({ paused: false });
  });

  it.each([
    [{ type: 'webhook' }, ''],
    [{ rotateSigningSecret: false }, 'rotateSigningSecret'],
    [{ signingSecret: 'whsec_x' }, ''],
    [{ url: 1 }, 'url'],
  ])('does not take %j', (body, field) => {
    expect(faults(destinationPatch, body)).toEqual([field]);
  });
});

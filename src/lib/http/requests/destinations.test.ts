import { describe, expect, it } from 'vitest';
import { destinationPatch, newDestination } from './destinations.ts';

const good = { type: 'webhook', name: 'NocoBase', url: 'https://nocobase.example.com/api/webhook:trigger/abc' };
const faults = (schema: typeof newDestination | typeof destinationPatch, body: unknown) =>
  schema.safeParse(body).error?.issues.map(({ path }) => path.join('.')) ?? [];

describe('the body of POST destinations', () => {
  it('needs a type, a name and a URL', () => {
    expect(newDestination.parse(good)).toEqual({ ...good, rawHtml: false, paused: false, auth: { type: 'none' } });
    expect(faults(newDestination, {})).toEqual(['type']);
    expect(faults(newDestination, { type: 'webhook' })).toEqual(['name', 'url']);
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

describe('the body of POST destinations for a workflow or a collection', () => {
  const apiKey = { type: 'bearer', token: 'eyJ.x.y' };
  const names = { messages: 'mail_messages', accounts: 'mail_accounts', outbox: 'mail_outbox' };

  it('needs an API key, and the collections by their names', () => {
    expect(faults(newDestination, { ...good, type: 'workflow', auth: apiKey })).toEqual([]);
    expect(faults(newDestination, { ...good, type: 'workflow' })).toEqual(['auth']);
    expect(faults(newDestination, { ...good, type: 'collection', auth: apiKey, collections: names })).toEqual([]);
    expect(faults(newDestination, { ...good, type: 'collection', auth: apiKey })).toEqual(['collections']);
  });

  it.each(['', '../users', 'users:create?x=', 'a b', '1st', 'x'.repeat(64)])('does not take %j for one', (messages) => {
    const body = { ...good, type: 'collection', auth: apiKey, collections: { ...names, messages } };
    expect(faults(newDestination, body)).toEqual(['collections.messages']);
  });

  it('takes no other way to sign in, and no signing secret', () => {
    const basic = { type: 'basic', user: 'u', password: 'p' };
    expect(faults(newDestination, { ...good, type: 'workflow', auth: basic })).toContain('auth.type');
    expect(faults(newDestination, { ...good, type: 'workflow', auth: apiKey, signingSecret: 'whsec_x' })).toEqual(['']);
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

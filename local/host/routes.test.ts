import { describe, expect, it } from 'vitest';
import { createRouter } from './routes.ts';

function routerOf(...templates: [methods: string, template: string][]) {
  const router = createRouter<string>();
  for (const [methods, template] of templates) router.add(methods.split(' '), template, template);
  return router;
}

describe('createRouter', () => {
  const router = routerOf(
    ['GET', 'api/{*path}'],
    ['GET PATCH', 'api/mailboxes/{id}'],
    ['GET', 'api/mailboxes/{id}/messages/{ref}'],
    ['POST', 'api/mailboxes/{id}/token'],
    ['GET', 'api/mailboxes/all'],
    ['GET', 'api/pages/{page?}'],
  );

  it.each([
    ['GET', '/api/mailboxes/all', 'api/mailboxes/all', {}],
    ['GET', '/api/mailboxes/mbx_1', 'api/mailboxes/{id}', { id: 'mbx_1' }],
    ['GET', '/API/Mailboxes/mbx_A', 'api/mailboxes/{id}', { id: 'mbx_A' }],
    ['GET', '/api/mailboxes/m/messages/a%20b%2Fc', 'api/mailboxes/{id}/messages/{ref}', { id: 'm', ref: 'a b%2Fc' }],
    ['GET', '/api/else/where', 'api/{*path}', { path: 'else/where' }],
    ['GET', '/api/pages', 'api/pages/{page?}', {}],
    ['GET', '/api/mailboxes/%zz', 'api/mailboxes/{id}', { id: '%zz' }],
  ])('takes %s %s to %s', (method, path, target, params) => {
    expect(router.match(method, path)).toEqual({ target, params });
  });

  it('knows no route for a method that no template takes', () => {
    expect(router.match('DELETE', '/api/mailboxes/mbx_1')).toBeUndefined();
    expect(router.match('GET', '/elsewhere')).toBeUndefined();
  });

  it('refuses a template whose form it does not know', () => {
    expect(() => routerOf(['GET', 'api/{id:int}'])).toThrow('"{id:int}"');
  });
});

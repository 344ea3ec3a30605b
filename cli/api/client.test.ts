import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { createClient } from './client.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

/** A client of a server that answers so. */
async function clientOf(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return createClient({ url: `http://127.0.0.1:${address.port}`, key: 'nmb_x' }, fetch);
}

const json = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
};

describe('the client of the commands', () => {
  it('reads a list page by page, with its key', async () => {
    const asked: unknown[] = [];
    const client = await clientOf(({ url = '', headers }, response) => {
      asked.push([url, headers.authorization]);
      json(response, 200, url.includes('cursor') ? { items: [3] } : { items: [1, 2], cursor: 'a&b' });
    });
    const found: unknown[] = [];
    for await (const item of client.pages((query) => client.api.GET('/keys', { params: { query } }))) found.push(item);
    expect(found).toEqual([1, 2, 3]);
    expect(asked).toEqual([
      ['/api/keys?limit=200', 'Bearer nmb_x'],
      ['/api/keys?limit=200&cursor=a%26b', 'Bearer nmb_x'],
    ]);
    const unread: unknown[] = [];
    for await (const item of client.all('keys')) unread.push(item);
    expect(unread).toEqual(found);
  });

  it('throws a refusal with its code, its remedy and the fields that are wrong', async () => {
    const fields = [{ field: 'label', message: 'too long' }];
    const client = await clientOf((_, response) =>
      json(response, 400, { code: 'invalid_request', detail: 'No.', remedy: 'Fix it.', fields }),
    );
    await expect(client.api.POST('/keys', { body: { scopes: ['read'] } })).rejects.toMatchObject({
      name: 'ApiProblem',
      code: 'invalid_request',
      message: 'No.',
      remedy: 'Fix it.',
      fields,
    });
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ['a page', (response) => response.end('<html>Welcome</html>')],
    ['a failure in words', (response) => response.writeHead(502).end('Bad gateway')],
    ['nothing', (response) => response.writeHead(204).end()],
    ['JSON that is no list', (response) => json(response, 200, { hello: 'world' })],
  ])('says that no broker is there where a list is answered with %s', async (_, answer) => {
    const client = await clientOf((_request, response) => answer(response));
    const list = client.pages((query) => client.api.GET('/mailboxes', { params: { query } }));
    await expect(list.next()).rejects.toMatchObject({ name: 'ApiProblem', code: 'not_a_broker' });
  });

  it('follows no redirect, and reports an answer that breaks off as none', async () => {
    const client = await clientOf(({ url }, response) => {
      if (url === '/api/mailboxes/moved') response.writeHead(302, { Location: '/api/mailboxes/there' }).end();
      else if (url === '/api/mailboxes/there') json(response, 200, {});
      else response.writeHead(200, { 'Content-Length': '9' }).write('{', () => response.destroy());
    });
    for (const id of ['moved', 'broken off']) {
      const asking = client.api.GET('/mailboxes/{id}', { params: { path: { id } } });
      await expect(asking).rejects.toMatchObject({ name: 'ApiProblem', code: 'unreachable' });
    }
  });
});

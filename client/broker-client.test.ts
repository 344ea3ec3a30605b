import { expect, it } from 'vitest';
import { createBrokerClient } from './broker-client.ts';

/** A client whose requests are answered so, and the requests. */
function clientOf(status: number, body: object) {
  const sent: Request[] = [];
  const client = createBrokerClient({
    url: 'https://broker.example',
    key: 'nmb_x',
    fetch: async (request) => {
      sent.push(request);
      return Response.json(body, { status });
    },
  });
  return { client, sent };
}

it('the typed client sends what the document says, and returns the answer as data', async () => {
  const { client, sent } = clientOf(200, { id: 'mbx_1', address: 'ada@contoso.example' });
  const { data, error } = await client.PATCH('/mailboxes/{id}', {
    params: { path: { id: 'mbx/1' } },
    body: { paused: true },
  });
  const [request] = sent;
  expect(request?.method).toBe('PATCH');
  expect(request?.url).toBe('https://broker.example/api/mailboxes/mbx%2F1');
  expect(request?.redirect).toBe('error');
  expect(Object.fromEntries(request?.headers ?? [])).toEqual({
    accept: 'application/json',
    authorization: 'Bearer nmb_x',
    'content-type': 'application/json',
  });
  expect(await request?.json()).toEqual({ paused: true });
  const address: string | undefined = data?.address;
  expect([address, error]).toEqual(['ada@contoso.example', undefined]);
});

it('the typed client returns a refusal with its code and remedy, and does not throw it', async () => {
  const { client } = clientOf(404, { code: 'not_found', remedy: 'Check the id.' });
  const { data, error } = await client.GET('/mailboxes/{id}', { params: { path: { id: 'mbx_1' } } });
  expect([data, error?.code, error?.remedy]).toEqual([undefined, 'not_found', 'Check the id.']);
});

// tsc judges this, and nothing calls it: each line would be an error if the types let it pass.
void (({ client }: ReturnType<typeof clientOf>) => [
  // @ts-expect-error There is no such address.
  () => client.GET('/mailbox'),
  // @ts-expect-error The id is missing.
  () => client.GET('/mailboxes/{id}'),
  // @ts-expect-error A list has no body.
  () => client.GET('/mailboxes', { body: {} }),
  // @ts-expect-error No mailbox is in this state.
  () => client.GET('/mailboxes', { params: { query: { state: 'asleep' } } }),
  // @ts-expect-error A mailbox is paused or not.
  () => client.PATCH('/mailboxes/{id}', { params: { path: { id: 'mbx_1' } }, body: { paused: 'yes' } }),
]);

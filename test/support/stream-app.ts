import { setTimeout as delay } from 'node:timers/promises';
import { app } from '@azure/functions';

// An app that has asked for HTTP streams, by which tests see what the host makes of them.
app.setup({ enableHttpStream: true });

/** What the functions have seen; the host loads the bundle in the test's own process. */
const memory = { pulled: 0, cancelled: 0 };
Object.assign(globalThis, { streamAppMemory: memory });

async function* pieces(count: number, pauseMs: number, breakAt = count) {
  try {
    for (let n = 0; n < count; n += 1) {
      if (n === breakAt) throw new Error('the inside of the app');
      await delay(pauseMs);
      memory.pulled += 1;
      yield new TextEncoder().encode(`piece ${n}\n`);
    }
  } finally {
    memory.cancelled += 1;
  }
}

app.http('pieces', {
  methods: ['GET'],
  route: 'pieces/{count}',
  handler: (request) => {
    const breakAt = request.query.get('breakAt');
    const count = Number(request.params.count);
    return {
      headers: { 'content-type': 'text/plain', 'x-a': '1' },
      cookies: [
        { name: 'a', value: '1', path: '/' },
        { name: 'b', value: '2', path: '/' },
      ],
      body: ReadableStream.from(pieces(count, 50, breakAt === null ? count : Number(breakAt))),
    };
  },
});
app.http('echo', {
  methods: ['POST'],
  route: 'echo',
  handler: async (request) => ({
    status: 201,
    jsonBody: { url: request.url, body: await request.text(), header: request.headers.get('x-custom') },
  }),
});
app.http('throws', {
  methods: ['GET'],
  route: 'throws',
  handler: () => {
    throw new Error('the inside of the app');
  },
});

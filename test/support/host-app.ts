import { app, type InvocationContext, output } from '@azure/functions';

// A small app of every kind of function, by which tests see what the host hands in and takes out.
const connection = 'AzureWebJobsStorage';
const toWork = output.storageQueue({ queueName: '%WORK_QUEUE%', connection });
const toOther = output.storageQueue({ queueName: 'other', connection });

interface Memory {
  readonly seen: { queue: string; body: unknown; metadata: unknown; at: number }[];
  running: number;
  most: number;
  ticks: { at: number; info: unknown }[];
  ticking: number;
  overlapped: boolean;
  hooks: string[];
}
const memory: Memory = { seen: [], running: 0, most: 0, ticks: [], ticking: 0, overlapped: false, hooks: [] };
// The host loads the bundle in the test's own process; the test looks here.
Object.assign(globalThis, { hostAppMemory: memory });

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

app.hook.appStart(() => void memory.hooks.push('appStart'));
app.hook.appTerminate(() => void memory.hooks.push('appTerminate'));
app.hook.preInvocation((context) => void memory.hooks.push(`pre ${context.invocationContext.functionName}`));

app.http('echo', {
  methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
  route: 'things/{id}',
  handler: async (request) => ({
    jsonBody: {
      function: 'echo',
      method: request.method,
      url: request.url,
      id: request.params.id,
      query: Object.fromEntries(request.query),
      headers: Object.fromEntries(request.headers),
      sha256: await digest(await request.arrayBuffer()),
    },
  }),
});
app.http('literal', { methods: ['GET'], route: 'things/latest', handler: () => ({ body: 'literal' }) });
app.http('rest', {
  methods: ['GET'],
  route: 'things/{*path}',
  handler: (request) => ({ body: `rest ${request.params.path}` }),
});
app.http('cookies', {
  methods: ['POST'],
  route: 'cookies',
  handler: () => ({
    status: 303,
    headers: { location: 'https://login.example/authorize' },
    cookies: [
      { name: '__Host-a', value: 'x y', path: '/', secure: true, httpOnly: true, sameSite: 'Lax', maxAge: 600 },
      { name: 'b', value: '', path: '/', maxAge: 0 },
    ],
  }),
});
app.http('bytes', {
  methods: ['GET'],
  route: 'bytes',
  handler: () => ({ headers: { 'content-type': 'image/png' }, body: Uint8Array.from([0, 255, 137, 80]) }),
});
app.http('nothing', { methods: ['GET'], route: 'nothing', handler: () => ({ status: 204 }) });
app.http('throws', {
  methods: ['GET'],
  route: 'throws',
  handler: () => {
    throw new Error('the inside of the app');
  },
});
app.http('unwritable', {
  methods: ['GET'],
  route: 'unwritable',
  handler: () => ({ body: 'x', cookies: [{ name: 'a', value: 'b', path: '/', domain: 'a\nb' }] }),
});
app.http('settings', { methods: ['GET'], route: 'settings', handler: () => ({ body: process.env.GREETING ?? '' }) });
app.http('logs', {
  methods: ['GET'],
  route: 'logs',
  handler: (_request, context) => {
    context.warn('code=abc123 from the context');
    console.info(JSON.stringify({ level: 'info', event: 'something_happened', mailbox: 'mbx_1' }));
    return { body: 'ok' };
  },
});
app.http('slow', {
  methods: ['GET'],
  route: 'slow',
  handler: async () => {
    await wait(500);
    return { body: 'slow but whole' };
  },
});
app.http('enqueue', {
  methods: ['POST'],
  route: 'enqueue',
  extraOutputs: [toWork, toOther],
  handler: async (request, context) => {
    const body: { work?: unknown; other?: unknown } = JSON.parse(await request.text());
    if (body.work !== undefined) context.extraOutputs.set(toWork, body.work);
    if (body.other !== undefined) context.extraOutputs.set(toOther, body.other);
    return { status: 202 };
  },
});

app.timer('every-second', {
  schedule: '* * * * * *',
  handler: async (info) => {
    memory.ticks.push({ at: Date.now(), info });
    memory.ticking += 1;
    memory.overlapped ||= memory.ticking > 1;
    await wait(1300);
    memory.ticking -= 1;
  },
});
app.timer('yearly', {
  schedule: '0 0 0 1 1 *',
  useMonitor: false,
  return: toWork,
  handler: () => [
    { from: 'timer', n: 1 },
    { from: 'timer', n: 2 },
  ],
});
app.timer('silent', {
  schedule: '0 0 0 1 1 *',
  return: toWork,
  handler: (info) => {
    memory.ticks.push({ at: Date.now(), info });
    return [];
  },
});

async function take(queue: string, body: unknown, context: InvocationContext): Promise<void> {
  memory.seen.push({ queue, body, metadata: { ...context.triggerMetadata }, at: Date.now() });
  memory.running += 1;
  memory.most = Math.max(memory.most, memory.running);
  const order = typeof body === 'object' && body !== null ? { ...body } : {};
  try {
    if ('waitMs' in order) await wait(Number(order.waitMs));
    if ('fail' in order) throw new Error('this message always fails');
  } finally {
    memory.running -= 1;
  }
}
app.storageQueue('work', {
  queueName: '%WORK_QUEUE%',
  connection,
  handler: (body, context) => take('work', body, context),
});
app.storageQueue('other', {
  queueName: 'other',
  connection,
  return: toWork,
  handler: async (body, context) => {
    await take('other', body, context);
    return typeof body === 'object' ? undefined : `onward ${body}`;
  },
});

async function digest(bytes: ArrayBuffer): Promise<string> {
  return Buffer.from(await crypto.subtle.digest('SHA-256', bytes)).toString('hex');
}

import type { GraphPorts } from '../../../../src/lib/send/graph-request.ts';
import type { Call, Ground, SimProcess } from '../../process.ts';
import type { GraphAnswer, GraphRequest, GraphServer } from './server.ts';

/** A request without an answer is given up after this (src/lib/send/graph-request.ts). */
const silenceMs = 90_000;

/** A request that is cut off on its way may still be done, up to so much later. */
const mostLateMs = 25_000;

/** The network between one process and Graph: answers take their time, get lost, or are those of a gateway. */
export function createGraphWire(ground: Ground, process: SimProcess, server: GraphServer): GraphPorts['fetch'] {
  const { scheduler, faults, trace, dice } = ground;

  /** What a gateway answers in place of Graph, and whether Graph was asked all the same. */
  function trouble(request: GraphRequest): { readonly answer: Response; readonly isDone: boolean } | undefined {
    const error = (status: number, code: string, headers: Record<string, string> = {}) =>
      new Response(JSON.stringify({ error: { code, message: '' } }), { status, headers });
    if (faults.strikes('graphThrottled')) {
      const seconds = String(Math.ceil(faults.size('graphThrottled', 1, 400)));
      const answer =
        faults.pick('graphThrottled', [429, 503]) === 429
          ? error(429, 'ApplicationThrottled', { 'Retry-After': seconds })
          : error(503, 'MailboxConcurrency');
      return { answer, isDone: false };
    }
    if (faults.strikes('graphToken')) return { answer: error(401, 'InvalidAuthenticationToken'), isDone: false };
    const sends = /send(Mail)?$/.test(request.path);
    if ((sends || request.path.endsWith('/messages')) && faults.strikes('graphRefusal')) {
      const [status, code] = faults.pick('graphRefusal', refusals) ?? refusals[0];
      return { answer: error(status, code), isDone: false };
    }
    if (sends && faults.strikes('graphOdd')) {
      return { answer: new Response('', { status: 200 }), isDone: faults.size('graphOdd', 0, 1) < 0.5 };
    }
    if (!faults.strikes('graphFails')) return undefined;
    const status = faults.pick('graphFails', [500, 502, 504]) ?? 500;
    return { answer: error(status, 'ErrorInternalServerError'), isDone: faults.size('graphFails', 0, 1) < 0.5 };
  }

  function exchange(call: Call<Response>, request: GraphRequest): void {
    const who = call.by?.name ?? process.name;
    const what = `Graph ${request.method} ${request.path.replace(/^\/v1\.0/, '').slice(0, 60)}`;
    const ask = (isLost: boolean): GraphAnswer => server.handle(request, call.by, isLost);
    const fail = (ms: number, error: Error) => scheduler.after(ms, () => call.fail(error));
    if (faults.strikes('graphDown')) {
      trace.note(who, () => `${what} -- no connection`);
      fail(dice.between(5, 2_000), notConnected());
      return;
    }
    if (faults.strikes('graphLost')) {
      const fate = faults.size('graphLost', 0, 1);
      const lateMs = faults.size('graphLost', 0, 1) < 0.6 ? faults.size('graphLost', 5, 800) : fate * mostLateMs;
      trace.note(who, () => `${what} -- no answer`);
      if (fate > 0.3) {
        scheduler.after(lateMs, () => {
          const { status } = ask(true);
          trace.note('graph', () => `${what} of ${who}: ${status}, and nobody hears it`);
        });
      }
      const isSilent = faults.size('graphLost', 0, 1) < 0.4;
      fail(isSilent ? silenceMs : dice.between(20, 3_000), isSilent ? silent() : new TypeError('terminated'));
      return;
    }
    scheduler.after(dice.between(20, 600), () => {
      const odd = trouble(request);
      const answer = odd === undefined || odd.isDone ? ask(odd !== undefined) : undefined;
      const response = odd?.answer ?? responseOf(answer);
      trace.note(who, () => `${what}: ${response.status}${odd?.isDone === true ? ', though done' : ''}`);
      scheduler.after(dice.between(5, 200), () => call.answer(response));
    });
  }

  return (input, init = {}) =>
    process.call<Response>((call) => {
      const { signal, method = 'GET', body } = init;
      if (signal?.aborted === true) return call.fail(signal.reason);
      signal?.addEventListener('abort', () => call.fail(signal.reason), { once: true });
      const { pathname, search } = new URL(String(input));
      const headers = new Headers(init.headers);
      exchange(call, {
        method,
        path: `${pathname}${search}`,
        token: headers.get('authorization')?.replace(/^Bearer /, ''),
        range: headers.get('content-range') ?? undefined,
        body: typeof body === 'string' || body instanceof Uint8Array ? Buffer.from(body) : Buffer.alloc(0),
      });
    });
}

const refusals = [
  [400, 'ErrorInvalidRecipients'],
  [400, 'ErrorMimeContentInvalidBase64String'],
  [403, 'ErrorSendAsDenied'],
  [403, 'ErrorAccessDenied'],
] as const;

const notConnected = () =>
  new TypeError('fetch failed', { cause: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }) });

const silent = () => new DOMException('The operation was aborted due to timeout', 'TimeoutError');

const responseOf = (answer: GraphAnswer | undefined): Response =>
  new Response(answer?.body === undefined ? null : JSON.stringify(answer.body), { status: answer?.status ?? 500 });

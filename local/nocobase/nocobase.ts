import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import { z } from 'zod';
import { listen } from '../listen.ts';
import { type Call, type Reply, serve } from '../web.ts';
import { nocobasePage } from './nocobase-page.ts';
import type { NocobaseStandIn, ReceivedEvent } from './stand-in.ts';

export interface NocobaseOptions {
  readonly port?: number;
  /** Told of every event that arrives, after it was answered. */
  readonly onEvent?: (event: ReceivedEvent) => void;
}

const modeSchema = z.strictObject({
  status: z.number().int().min(100).max(599).optional(),
  delayMs: z.number().min(0).max(600_000).optional(),
  forMs: z.number().min(0).optional(),
});

/** Only as much of an event as the filters ask for. */
const eventSchema = z.looseObject({
  type: z.string().optional(),
  data: z
    .looseObject({
      mailbox: z.looseObject({ id: z.string().optional() }).optional(),
      mailboxId: z.string().optional(),
    })
    .optional(),
});

/** More than a long test makes; the oldest go first. */
const keptEvents = 50_000;

/**
 * The receiving end of NocoBase: its webhook trigger, which records what arrives and checks the signature, the list of
 * it for tests, and a page of it for people.
 */
export async function startNocobase(options: NocobaseOptions = {}): Promise<NocobaseStandIn> {
  const events: ReceivedEvent[] = [];
  const secrets = new Set<string>();
  let mode: { status: number; delayMs: number; until: number } = { status: 200, delayMs: 0, until: 0 };
  const currentMode = () => (mode.until > Date.now() ? mode : { status: 200, delayMs: 0 });
  const setMode: NocobaseStandIn['mode'] = ({ status = 200, delayMs = 0, forMs = Number.POSITIVE_INFINITY }) => {
    mode = { status, delayMs, until: Date.now() + forMs };
  };

  const isSigned = (call: Call): boolean =>
    [...secrets].some((secret) => {
      try {
        new Webhook(secret).verify(call.body, { ...call.headers });
        return true;
      } catch {
        // Not by this secret; perhaps by the next.
        return false;
      }
    });

  const list: NocobaseStandIn['events'] = ({ type, mailboxId } = {}) =>
    events.filter((event) => {
      if (type !== undefined && event.type !== type) return false;
      const { data } = eventSchema.safeParse(event.body).data ?? {};
      return mailboxId === undefined || (data?.mailbox?.id ?? data?.mailboxId) === mailboxId;
    });

  const receive = async (call: Call): Promise<Reply> => {
    if (call.method !== 'POST') return { status: 405, headers: { allow: 'POST' } };
    const { status: ordered, delayMs } = currentMode();
    const isVerified = isSigned(call);
    const status = secrets.size > 0 && !isVerified ? 401 : ordered;
    const body = parse(call.body.toString());
    const event: ReceivedEvent = {
      id: call.headers['webhook-id'] ?? '',
      type: eventSchema.safeParse(body).data?.type ?? '',
      status,
      receivedAt: new Date().toISOString(),
      headers: call.headers,
      body,
      verified: isVerified,
    };
    events.push(event);
    if (events.length > keptEvents) events.splice(0, events.length - keptEvents);
    options.onEvent?.(event);
    // Noted before it is answered: a sender that is killed while it waits has sent all the same.
    if (delayMs > 0) await delay(delayMs);
    // NocoBase answers a webhook trigger with a bare ok.
    return { status, body: status < 300 ? 'ok' : '' };
  };

  const answer = async (call: Call): Promise<Reply> => {
    const query = call.url.searchParams;
    switch (`${call.method} ${call.url.pathname}`) {
      case 'GET /events': {
        const type = query.get('type');
        const mailboxId = query.get('mailboxId');
        const items = list({
          ...(type === null ? {} : { type }),
          ...(mailboxId === null ? {} : { mailboxId }),
        });
        return { status: 200, body: { items } };
      }
      case 'DELETE /events':
        events.length = 0;
        return { status: 204 };
      case 'PUT /events/mode': {
        const parsed = modeSchema.safeParse(parse(call.body.toString()));
        if (!parsed.success) return { status: 400, body: { error: z.prettifyError(parsed.error) } };
        const { status, delayMs, forMs } = parsed.data;
        setMode({
          ...(status === undefined ? {} : { status }),
          ...(delayMs === undefined ? {} : { delayMs }),
          ...(forMs === undefined ? {} : { forMs }),
        });
        return { status: 204 };
      }
      case 'GET /':
        return {
          status: 200,
          headers: {
            'content-type': 'text/html; charset=utf-8',
            // Mail is hostile: nothing on this page may run or load anything.
            'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'",
          },
          body: nocobasePage(events, query.get('open') ?? undefined),
        };
      default:
        if (call.url.pathname.startsWith('/api/webhook:trigger/')) return receive(call);
        return { status: 404, body: { error: 'There is nothing at this address.' } };
    }
  };

  const listener = await listen(createServer(serve(answer)), 'the NocoBase stand-in', options.port);
  const url = `http://127.0.0.1:${listener.port}`;
  return {
    url,
    webhookUrl: `${url}/api/webhook:trigger/mail`,
    eventsUrl: `${url}/events`,
    trust: (...given) => {
      for (const secret of given) secrets.add(secret);
    },
    events: list,
    clear: () => {
      events.length = 0;
    },
    mode: setMode,
    stop: listener.stop,
  };
}

/** JSON, or the text itself where it is none: what arrives is recorded as it is. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

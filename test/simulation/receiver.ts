import {
  type Outbound,
  type OutboundAnswer,
  OutboundError,
  type OutboundFailure,
  type OutboundRequest,
} from '../../src/lib/outbound/outbound.ts';
import type { MailWorld, Physical } from './mail.ts';
import type { Ground, Invocation, SimProcess } from './process.ts';

/** A request is given up by the sender after this; it may still be accepted. */
const timeoutMs = 20_000;

/** One POST of an event. */
export interface Post {
  readonly destinationId: string;
  readonly id: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** Of `message.received`. */
  readonly message: Physical | undefined;
  readonly mailboxId: string;
  readonly by: Invocation | undefined;
  readonly sentAt: number;
  acceptedAt: number | undefined;
  /** What the sender made of it; undefined while it waits. */
  heard: 'accepted' | 'refused' | 'nothing' | undefined;
}

export interface PostObserver {
  sending(post: Post): void;
  accepted(post: Post): void;
  heard(post: Post): void;
  /** The answer will not be heard, and someone is about to touch the message. */
  meddled?(post: Post): void;
}

/** The state of a receiver for a while. */
export interface ReceiverWeather {
  /** By destination: until when it answers like this, or not at all. */
  readonly down: Map<string, { readonly until: number; readonly status: number | undefined }>;
  /** By the id of an event: until when it is refused. */
  readonly choked: Map<string, number>;
}

/** Statuses that say nothing of the message, those of gateways included, and those that may. */
export const holdingStatuses = [
  ...[301, 401, 402, 403, 404, 405, 407, 408, 410, 421, 423, 425, 429, 499],
  ...[501, 502, 503, 504, 507, 511, 520, 524, 530],
] as const;
export const refusingStatuses = [400, 409, 413, 422, 500, 418] as const;

/** The way of one process to the receivers. */
export function createReceivers(
  ground: Ground,
  process: SimProcess,
  mail: MailWorld,
  weather: ReceiverWeather,
  observer: PostObserver,
): Outbound {
  const { scheduler, faults, trace, dice } = ground;

  function send(request: OutboundRequest): Promise<OutboundAnswer> {
    return process.call<OutboundAnswer>((call) => {
      const post = readPost(request, mail, call.by, scheduler.now());
      const who = call.by?.name ?? process.name;
      const what = () =>
        `POST ${post.type} ${post.message === undefined ? '' : `m${post.message.id} `}${post.id} to ${post.destinationId}`;
      observer.sending(post);
      const hear = (heard: NonNullable<Post['heard']>) => () => {
        post.heard = heard;
        observer.heard(post);
      };
      const fail = (code: OutboundFailure) => call.fail(new OutboundError(code), hear('nothing'));
      const abort = () => call.fail(request.signal?.reason, hear('nothing'));
      if (request.signal?.aborted === true) return abort();
      request.signal?.addEventListener('abort', abort, { once: true });
      const done = (settle: () => void) => {
        request.signal?.removeEventListener('abort', abort);
        settle();
      };
      scheduler.after(timeoutMs, () => done(() => fail('destination_timeout')));

      if (faults.strikes('postLost')) {
        trace.note(who, () => `${what()} -- lost on the way`);
        if (dice.chance(0.5)) scheduler.after(dice.between(1, 100), () => done(() => fail('destination_unreachable')));
        return;
      }
      const slow = faults.strikes('postSlow') ? faults.size('postSlow', 500, 25_000) : 0;
      const [there, back] = dice.chance(0.5) ? [slow, 0] : [0, slow];
      scheduler.after(there + dice.between(1, 30), () => {
        const status = answerTo(post);
        if (status === 'hangs') {
          trace.note(who, () => `${what()} -- no answer`);
          return;
        }
        const isMeddled = post.message !== undefined && faults.strikes('meddle');
        const unheard = faults.strikes('acceptanceUnheard') || isMeddled;
        trace.note(
          who,
          () =>
            `${what()} -- ${status ?? 'unreachable'}${unheard ? ', unheard' : ''}${slow > 0 ? `, slow (${Math.round(slow)} ms)` : ''}`,
        );
        if (status !== undefined && status < 300) {
          post.acceptedAt = scheduler.now();
          observer.accepted(post);
        }
        if (isMeddled) observer.meddled?.(post);
        scheduler.after(back + dice.between(1, 30), () => {
          if (unheard && dice.chance(0.5)) return;
          done(() => {
            if (unheard || status === undefined) fail('destination_unreachable');
            else call.answer(answerOf(status), hear(status < 300 ? 'accepted' : 'refused'));
          });
        });
      });
    });
  }

  function isChokedOn(id: string): boolean {
    const now = scheduler.now();
    const until =
      weather.choked.get(id) ?? (faults.strikes('eventRefusal') ? now + faults.size('eventRefusal', 0, 400_000) : 0);
    weather.choked.set(id, until);
    return until > now && !faults.stopped;
  }

  /** A status; undefined if it is down. */
  function answerTo({ destinationId, message, id }: Post): number | 'hangs' | undefined {
    const down = weather.down.get(destinationId);
    if (down !== undefined && scheduler.now() < down.until) return down.status;
    if (message?.bad !== undefined) return message.bad === 'refused' ? 422 : 'hangs';
    if (message === undefined && isChokedOn(id)) return faults.pick('eventRefusal', refusingStatuses);
    if (faults.strikes('refusal')) return faults.pick('refusal', refusingStatuses);
    return 200;
  }

  function answerOf(status: number): OutboundAnswer {
    const retryAfterMs = status === 429 || status === 503 ? Math.round(dice.between(0, 60_000)) : undefined;
    return { status, retryAfterMs, contentType: 'application/json', body: new Uint8Array(), complete: true };
  }

  return { maySendTo: () => true, send, close: async () => {} };
}

export const urlOf = (destinationId: string): string => `https://nocobase.example/${destinationId}`;

function readPost(request: OutboundRequest, mail: MailWorld, by: Invocation | undefined, sentAt: number): Post {
  const body = JSON.parse(typeof request.body === 'string' ? request.body : '{}') as {
    type: string;
    data: Readonly<Record<string, unknown>>;
  };
  const to = body.data.to as readonly { readonly address: string }[] | undefined;
  // Of a message that was not read whole there is only the subject; a copy shows the one of its original.
  const number = /^m(\d+)@/.exec(to?.[0]?.address ?? '')?.[1] ?? /^mail (\d+)$/.exec(String(body.data.subject))?.[1];
  const mailbox = body.data.mailbox as { readonly id?: string } | undefined;
  return {
    destinationId: request.url.split('/').at(-1) ?? '',
    id: request.headers['webhook-id'] ?? '',
    type: body.type,
    data: body.data,
    message: number === undefined ? undefined : mail.message(Number(number)),
    mailboxId: mailbox?.id ?? '',
    by,
    sentAt,
    acceptedAt: undefined,
    heard: undefined,
  };
}

import { z } from 'zod';
import type { DeliveryOutcome } from '../../domain/events/event.ts';
import type { Outbound, OutboundAnswer } from '../../outbound/outbound.ts';
import type { DestinationAuth } from '../../store/destinations/destination.ts';
import { ask, authHeaders, commonHeaders } from '../webhook/webhook.ts';

/** The REST API of one NocoBase, as someone who is signed in there. No answer is the destination's fault. */
export interface NocobaseApi {
  get(path: string, keepBytes?: number): Promise<OutboundAnswer | DeliveryOutcome>;
  post(path: string, body: unknown): Promise<OutboundAnswer | DeliveryOutcome>;
  /** @throws the reason of `until`. A body that fails looks like a connection that was cut. */
  upload(path: string, form: Form): Promise<OutboundAnswer | DeliveryOutcome>;
}

export interface Form {
  readonly contentType: string;
  /** Made again for every request that is sent. */
  readonly body: () => AsyncIterable<Uint8Array>;
  readonly timeoutMs: number;
  /** Ends the request. */
  readonly until: AbortSignal;
}

// NocoBase answers with the whole record. A longer one is asked for again by its key alone.
const recordBytes = 2 * 1024 * 1024;

/** @param base address of the API, `…/api` or `…/api/__app/NAME` */
export function nocobaseApi(outbound: Outbound, base: string, auth: DestinationAuth, signal: AbortSignal): NocobaseApi {
  const root = base.replace(/\/+$/, '');
  const headers = { ...commonHeaders, ...authHeaders(auth) };
  return {
    get: (path, keepBytes = recordBytes) =>
      ask(outbound, { method: 'GET', url: `${root}/${path}`, headers, keepBytes, signal }),
    post: (path, body) =>
      ask(outbound, {
        method: 'POST',
        url: `${root}/${path}`,
        headers,
        body: JSON.stringify(body),
        keepBytes: recordBytes,
        signal,
      }),
    upload: (path, { contentType, body, timeoutMs, until }) =>
      ask(outbound, {
        method: 'POST',
        url: `${root}/${path}`,
        headers: { ...headers, 'content-type': contentType },
        body,
        timeoutMs,
        keepBytes: recordBytes,
        signal: AbortSignal.any([signal, until]),
      }),
  };
}

// What else there is of a record is not looked at, and not copied.
const recordForm = z.object({ messageKey: z.unknown().optional(), mailboxId: z.unknown().optional() });

// One record or several: firstOrCreate answers one, list, update and updateOrCreate an array.
const answerForm = z.object({ data: z.union([z.array(recordForm), recordForm.transform((one) => [one])]) });

/** The records of an answer; none if it is not NocoBase that answers, or the answer was cut. */
export const recordsOf = (answer: OutboundAnswer): readonly z.output<typeof recordForm>[] =>
  answerForm.safeParse(parsed(answer)).data?.data ?? [];

const dataForm = z.looseObject({ data: z.unknown().refine((data) => data !== undefined && data !== null) });

/** Whether an answer holds what every answer of NocoBase to a change of records holds, be it an empty list. */
export const hasData = (answer: OutboundAnswer): boolean => dataForm.safeParse(parsed(answer)).success;

const utf8 = new TextDecoder();

/** An answer as JSON; undefined if it is none. */
export function parsed(answer: OutboundAnswer): unknown {
  try {
    return JSON.parse(utf8.decode(answer.body));
  } catch {
    // Not NocoBase, or cut: told by there being nothing.
    return undefined;
  }
}

const errorsForm = z.object({
  errors: z.array(z.object({ message: z.string(), code: z.string().optional() })),
});

/** The first error that an answer tells; read to tell failures apart, never shown or logged. */
export const errorOf = (answer: OutboundAnswer): { readonly message: string; readonly code?: string | undefined } =>
  errorsForm.safeParse(parsed(answer)).data?.errors[0] ?? { message: '' };

export const unexpectedCode = 'destination_answer_unexpected';

/** It answers, but not as NocoBase does. */
export const unexpected = (answer: OutboundAnswer): DeliveryOutcome => ({
  kind: 'held',
  reason: unexpectedCode,
  status: answer.status,
  attempted: true,
});

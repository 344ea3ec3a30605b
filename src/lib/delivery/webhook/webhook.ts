import type { Clock } from '../../domain/clock.ts';
import type { DeliveryOutcome, OutgoingEvent } from '../../domain/events/event.ts';
import { type Outbound, type OutboundAnswer, OutboundError, type OutboundRequest } from '../../outbound/outbound.ts';
import type { DestinationAuth, DestinationConfig, DestinationSecrets } from '../../store/destinations/destination.ts';
import { bodyOf, type Renderer } from '../events/render.ts';
import { classify } from './classify.ts';
import { signatureHeaders } from './sign.ts';

/** A destination as it is sent to. */
export interface OpenDestination {
  readonly config: DestinationConfig;
  readonly secrets: DestinationSecrets;
}

/** One way of sending; there is one for each type of destination. */
export interface Transport {
  /** One attempt. Throws nothing but the signal's reason, and BrokerError when our own vault does not answer. */
  send(destination: OpenDestination, event: OutgoingEvent, signal: AbortSignal): Promise<DeliveryOutcome>;
  /**
   * Looks whether the other side is as it has to be, without leaving anything there; absent where only an event can
   * tell. Accepted if it is.
   */
  examine?(destination: OpenDestination, signal: AbortSignal): Promise<DeliveryOutcome>;
}

export interface TransportDeps {
  readonly outbound: Outbound;
  readonly clock: Clock;
  readonly renderer: Renderer;
}

/**
 * A signed POST (Standard Webhooks). Any 2xx is an acceptance: the answer of NocoBase's webhook depends on its
 * configuration.
 */
export function createWebhook(deps: TransportDeps): Transport {
  return {
    async send({ config, secrets }, event, signal) {
      const body = bodyOf(event, await deps.renderer.data(event, config));
      const message = { id: event.id, at: new Date(deps.clock.now()), body };
      const answer = await ask(deps.outbound, {
        method: 'POST',
        url: config.url,
        headers: {
          ...commonHeaders,
          ...authHeaders(secrets.auth),
          ...signatureHeaders(message, secrets.signing),
        },
        body,
        signal,
      });
      return 'kind' in answer ? answer : classify(answer);
    },
  };
}

/**
 * On every request. NocoBase takes a record without this type for an empty one and answers 200. Not to name a coding
 * would be to allow every one (RFC 9110 section 12.5.3).
 */
export const commonHeaders = {
  'content-type': 'application/json',
  accept: 'application/json',
  'accept-encoding': 'identity',
  'user-agent': 'nocobase-mail-broker',
} as const;

export function authHeaders(auth: DestinationAuth): Readonly<Record<string, string>> {
  switch (auth.kind) {
    case 'none':
      return {};
    case 'basic':
      return { authorization: `Basic ${Buffer.from(`${auth.user}:${auth.password}`).toString('base64')}` };
    case 'bearer':
      return { authorization: `Bearer ${auth.token}` };
  }
}

/** Sends a request; no answer is the destination's fault. */
export async function ask(outbound: Outbound, request: OutboundRequest): Promise<OutboundAnswer | DeliveryOutcome> {
  try {
    return await outbound.send(request);
  } catch (error) {
    if (error instanceof OutboundError) return { kind: 'held', reason: error.code, attempted: true };
    throw error;
  }
}

import { z } from 'zod';
import { isMailboxId } from '../domain/ids.ts';

/**
 * A message of the queue `work`: the subscriptions of a mailbox are to be looked after now. Housekeeping does so in any case,
 * so that a lost one costs an hour of polling.
 */
export interface SubscribeHint {
  readonly v: 1;
  readonly kind: 'subscribe';
  readonly mailbox: string;
  /** The folder whose subscription Microsoft spoke of; undefined after a connect. */
  readonly folder?: string | undefined;
  /** Microsoft has removed it; else it is to be renewed. */
  readonly lost?: boolean | undefined;
}

const form = z.object({
  v: z.literal(1),
  kind: z.literal('subscribe'),
  mailbox: z.string().refine(isMailboxId),
  folder: z.string().optional(),
  lost: z.boolean().optional(),
});

/** The message, or undefined if it is none of these. */
export function parseSubscribeHint(message: unknown): SubscribeHint | undefined {
  const parsed = form.safeParse(message);
  return parsed.success ? parsed.data : undefined;
}

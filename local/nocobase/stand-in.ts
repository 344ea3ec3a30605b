import type { Running } from '../running.ts';

export interface NocobaseStandIn extends Running {
  /** `http://127.0.0.1:PORT`: the page. */
  readonly url: string;
  /** Where webhooks go. */
  readonly webhookUrl: string;
  readonly eventsUrl: string;
  /** Secrets by which signatures are verified; several during a rotation. */
  trust(...secrets: string[]): void;
  events(filter?: { readonly type?: string; readonly mailboxId?: string }): readonly ReceivedEvent[];
  clear(): void;
  /** Answers with `status` and after `delayMs`, for `forMs` (without end if left out). */
  mode(mode: { readonly status?: number; readonly delayMs?: number; readonly forMs?: number }): void;
}

export interface ReceivedEvent {
  /** `webhook-id`. */
  readonly id: string;
  readonly type: string;
  /** What the stand-in answered. */
  readonly status: number;
  readonly receivedAt: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  /** Whether a trusted secret signed exactly these bytes. */
  readonly verified: boolean;
}

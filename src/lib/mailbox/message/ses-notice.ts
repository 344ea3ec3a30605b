import { z } from 'zod';
import type { Address, BouncedRecipient } from '../../domain/mail/message.ts';
import { shortDiagnostic } from './delivery-status.ts';
import { statusField, statusIn } from './status-code.ts';

/** A bounce as Amazon SES tells it by SNS. */
export interface SesBounce {
  readonly recipients: readonly BouncedRecipient[];
  /** Message-ID of the mail that came back, where SES was told to tell its headers. */
  readonly originalMessageId: string | undefined;
}

/** True for Amazon SNS, which mails what happened to a mail, whoever sent it, to those who subscribed to that. */
export const isSns = (from: Address | undefined): boolean =>
  /^no-?reply@sns\.(?:[a-z0-9-]{1,30}\.)?amazonaws\.com$/i.test(from?.address ?? '');

// https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html; `eventType` where it is an event of a configuration set.
const notice = z.object({
  notificationType: z.string().optional(),
  eventType: z.string().optional(),
  bounce: z.object({
    bounceType: z.string().optional(),
    bouncedRecipients: z
      .array(
        z.object({
          emailAddress: z.string(),
          status: z.string().optional(),
          diagnosticCode: z.string().optional(),
        }),
      )
      .min(1),
  }),
  mail: z.object({ commonHeaders: z.object({ messageId: z.string().optional() }).optional() }).optional(),
});

const mostCharacters = 256 * 1024;

/** Reads the notification of a bounce, which SNS writes as the first line of its mail; undefined if it is another one. */
export function sesBounceOf(text: string): SesBounce | undefined {
  // Sendmail breaks what is longer than a line may be.
  const line = /^\s*(\{[^\n]*\})\s*$/m.exec(text.slice(0, mostCharacters).replace(/!\r?\n /g, ''))?.[1];
  const told = notice.safeParse(parsed(line ?? ''));
  if (!told.success || (told.data.notificationType ?? told.data.eventType) !== 'Bounce') return undefined;
  const { bounce, mail } = told.data;
  const action = bounce.bounceType === 'Transient' ? 'delayed' : 'failed';
  return {
    recipients: bounce.bouncedRecipients.map(({ emailAddress, status = '', diagnosticCode }) => {
      const own = statusField(status);
      return {
        recipient: /<([^<>]+)>\s*$/.exec(emailAddress)?.[1] ?? emailAddress.trim(),
        action,
        status: own === '' ? statusIn(diagnosticCode ?? '') : own,
        ...(diagnosticCode === undefined
          ? {}
          : { diagnostic: shortDiagnostic(diagnosticCode.replace(/^\s*smtp;\s*/i, '')) }),
      };
    }),
    originalMessageId: mail?.commonHeaders?.messageId,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

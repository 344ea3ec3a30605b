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

/** True for Amazon SNS, which mails what happened to a mail, no matter who sent it, to those who subscribed to that. */
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

/**
 * Reads the notification of a bounce, which SNS writes as a line of its mail, or, to subscribers by `email-json`, as a text
 * within another object; undefined if it is another one.
 */
export function sesBounceOf(text: string): SesBounce | undefined {
  // Sendmail breaks what is longer than a line may be.
  const told = notice.safeParse(messageIn(text.slice(0, mostCharacters).replace(/!\r?\n /g, '')));
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

function messageIn(text: string): unknown {
  const line = /^[ \t]*(\{[^\n]*\})[ \t\r]*$/m.exec(text)?.[1];
  if (line !== undefined) return parsed(line);
  const start = /^[ \t]*\{[ \t\r]*$/m.exec(text)?.index;
  const end = /^[ \t]*\}[ \t\r]*$/m.exec(text);
  if (start === undefined || end === null) return undefined;
  const outer = wrapper.safeParse(parsed(text.slice(start, end.index + end[0].length)));
  return outer.success ? parsed(outer.data.Message) : undefined;
}

const wrapper = z.object({ Message: z.string() });

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

import { wireAddress } from '../../compose/addr-spec.ts';
import { type ComposeRequest, compose } from '../../compose/compose.ts';
import type { ComposedMail } from '../../compose/composed.ts';
import { type Answering, answeringOf } from '../../compose/content.ts';
import type { SendingMailbox } from '../../compose/sending-mailbox.ts';
import type { ThreadFields } from '../../compose/thread.ts';
import { randomBase62 } from '../../domain/bytes.ts';
import type { Random } from '../../domain/clock.ts';
import { dayMs } from '../../domain/duration.ts';
import type { Submission } from '../../domain/submission.ts';
import { BrokerError } from '../../errors.ts';
import type { ReceivedFile } from '../../http/multipart.ts';
import type { MailboxRow } from '../../store/rows/rows.ts';
import type { SendingSettingsRows } from '../../store/submissions/sending-settings.ts';
import type { SuppressionRows } from '../../store/submissions/suppressions.ts';
import { accept, wakeLane } from '../accept.ts';
import { refuseSuppressed } from '../suppress.ts';
import type { SendingDeps } from '../types.ts';
import { type ComposePortsParts, composePorts } from './compose-ports.ts';
import { type DryRun, dryRun } from './dry-run.ts';
import { contentHashOf, type SendRequest } from './send-request.ts';

/** Room for the whole message: 25 MB of files in base64 (Exchange Online's default limit is 35 MB). */
export const mailLimitBytes = 35_000_000;

/** The longest that a message may be scheduled ahead; its content lies sealed until then. */
const furthestMs = 90 * dayMs;

/** A message is composed within this time, files and original included. */
const composeMs = 60_000;

/** Who asks, and by which name of its own. */
export interface Asked {
  /** Id of the API key. */
  readonly keyId: string;
  readonly idempotencyKey: string | undefined;
  /** False where many are handed over and one wake-up does for all; {@link Sender.wake} gives it. */
  readonly wakes?: boolean;
}

/** What is to be sent, and from which mailbox. */
export interface Order {
  readonly mailbox: MailboxRow;
  readonly request: SendRequest;
  /** Of a `multipart/form-data` request; they go behind those that `request` names. */
  readonly files: readonly ReceivedFile[];
  /** Of the finished message; what may be sent at all unless given. */
  readonly limitBytes?: number;
  /** The conversation that it stands in, where its request names no original. */
  readonly thread?: ThreadFields;
  /** The message that it answers without quoting it. */
  readonly answering?: Answering | undefined;
  /** Goes along as another form of its text. */
  readonly calendar?: ComposeRequest['calendar'];
  /** The draft that is sent; its message keeps its Message-ID. */
  readonly draft?: {
    readonly id: string;
    /** Of the submission; handing the same one over again meets itself. */
    readonly submissionId: string;
    readonly messageId: string;
  };
}

/** From a request to a submission. */
export interface Sender {
  /**
   * Takes a message over for sending. The same request with the same idempotency key is answered with the same submission.
   * @throws BrokerError what composing throws; `idempotency_key_reused` | `storage_unreachable`
   */
  send(order: Order, asked: Asked): Promise<Submission>;
  /** Composes the message and keeps nothing. @throws BrokerError what composing throws */
  dryRun(order: Order): Promise<DryRun>;
  /** Sees to it that what is due from a mailbox is sent soon. Never rejects. */
  wake(mailbox: MailboxRow, dueAt: Date): Promise<void>;
}

/** With angle brackets. */
export const newMessageId = (row: Pick<MailboxRow, 'address'>, random: Random): string =>
  `<${randomBase62(24, random)}@${wireAddress(row.address).split('@').at(-1) ?? 'localhost'}>`;

/** The mailbox as its messages show it. @throws StoreError */
export async function sendingMailboxOf(
  settings: Pick<SendingSettingsRows, 'read'>,
  mailbox: MailboxRow,
): Promise<SendingMailbox> {
  const { locale = 'en', timeZone = 'UTC', signatureHtml, aliases } = await settings.read(mailbox.id);
  const named = (address: string) => ({ name: '', address: wireAddress(address) });
  return { addresses: [named(mailbox.address), ...aliases.map(named)], locale, timeZone, signatureHtml };
}

export function createSender(
  deps: SendingDeps,
  composeParts: ComposePortsParts,
  settings: Pick<SendingSettingsRows, 'read'>,
  suppressions: Pick<SuppressionRows, 'among'>,
): Sender {
  const { clock, random } = deps;

  /** @throws BrokerError `invalid_request` */
  function checkTime(sendAt: Date | undefined): void {
    if (sendAt === undefined || sendAt.getTime() - clock.now() <= furthestMs) return;
    throw new BrokerError('invalid_request', {
      fields: [{ field: 'sendAt', message: 'Is more than 90 days ahead.' }],
    });
  }

  async function composed(
    { mailbox, request, files, limitBytes = mailLimitBytes, thread, calendar }: Order,
    messageId: string,
  ): Promise<ComposedMail> {
    const mail = await compose(
      {
        content: request,
        uploads: files,
        mailbox: await sendingMailboxOf(settings, mailbox),
        messageId,
        limitBytes,
        thread,
        calendar,
      },
      composePorts(composeParts, mailbox),
      AbortSignal.timeout(composeMs),
    );
    await refuseSuppressed(suppressions, mailbox.id, mail.recipients, request);
    return mail;
  }

  return {
    async send(order, asked) {
      const { mailbox, request, files } = order;
      const { sendAt, expiresIn, bulk, onUnknown } = request;
      checkTime(sendAt);
      const messageId = order.draft?.messageId ?? newMessageId(mailbox, random);
      return accept(deps, {
        mailbox,
        draft: order.draft,
        keyId: asked.keyId,
        // Keys rotate; where the mail of a mailbox goes is what its callers have in common.
        client: mailbox.destinationId,
        idempotencyKey: asked.idempotencyKey,
        contentHash: contentHashOf(request, files),
        sendAt,
        expiresInMs: expiresIn === undefined ? undefined : expiresIn * 1000,
        priority: bulk ? 'bulk' : 'interactive',
        onUnknown,
        messageId,
        original: order.answering ?? answeringOf(request),
        compose: () => composed(order, messageId),
        wakes: asked.wakes ?? true,
      });
    },

    wake: (mailbox, dueAt) => wakeLane(deps, mailbox, dueAt),

    async dryRun(order) {
      checkTime(order.request.sendAt);
      return dryRun(await composed(order, newMessageId(order.mailbox, random)));
    },
  };
}

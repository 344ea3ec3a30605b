import { type ComposePorts, compose } from '../compose/compose.ts';
import { fetchNocobaseFile } from '../compose/nocobase-file.ts';
import { decodeMessageRef } from '../delivery/events/message-ref.ts';
import { HtmlTooDeep, loadSanitizer } from '../delivery/sanitize/sanitize.ts';
import { authHeaders } from '../delivery/webhook/webhook.ts';
import { randomBase62 } from '../domain/bytes.ts';
import type { Submission } from '../domain/submission.ts';
import { BrokerError, isBrokerError } from '../errors.ts';
import { readReferenced } from '../mailbox/fetch/find-message.ts';
import { createSmtpWay } from '../send/smtp.ts';
import { isOwn } from '../store/mailboxes/own-mailbox.ts';
import type { MailboxRow } from '../store/rows/rows.ts';
import { parseLane } from '../store/submissions/submission-keys.ts';
import { createSubmissionRows } from '../store/submissions/submissions.ts';
import { accept } from '../submissions/accept.ts';
import { createDecisions } from '../submissions/decide.ts';
import { dueLanes } from '../submissions/due-lanes.ts';
import { endSubmissions } from '../submissions/end-of-mailbox.ts';
import { createLaneRunner } from '../submissions/lane-run.ts';
import { contentHashOf, type SendRequest } from '../submissions/send-request.ts';
import { createSentFolders } from '../submissions/sent-folder.ts';
import { createStoredMail } from '../submissions/stored-mail.ts';
import type { SendHint, SendingDeps } from '../submissions/types.ts';
import type { Base } from './base.ts';
import type { Delivery } from './delivery.ts';
import type { MailAccess } from './mail-access.ts';
import type { Storage } from './storage.ts';

/** Room for the whole message: 25 MB of files in base64 (Exchange Online's default limit is 35 MB). */
const mailLimitBytes = 35_000_000;

/** Of a message that is answered no more text than this is quoted. */
const quotedBytes = 2 * 1024 * 1024;

/** A message is composed within this time, files and original included. */
const composeMs = 60_000;

/** Mail out: from a request to what became of it. */
export function composeSending(
  {
    config,
    clock,
    random,
    log,
  }: Omit<Base, 'config' | 'environment'> & { readonly config: Pick<Base['config'], 'smtp'> },
  {
    store,
    sealer,
    registry,
    grants,
    directory,
    destinationRows,
    queue,
    blobs,
  }: Pick<Storage, 'store' | 'sealer' | 'directory' | 'destinationRows' | 'blobs'> & {
    readonly registry: Pick<Storage['registry'], 'get'>;
    readonly grants: Pick<Storage['grants'], 'mailboxesOf'>;
    readonly queue: Pick<Storage['queue'], 'send'>;
  },
  {
    token,
    downloads,
    uploads,
  }: Pick<MailAccess, 'token' | 'uploads'> & { readonly downloads: Pick<MailAccess['downloads'], 'open'> },
  { outbound }: Pick<Delivery, 'outbound'>,
) {
  const rows = createSubmissionRows({ store });
  const mailbox = async (id: string): Promise<MailboxRow | undefined> => (await registry.get(id))?.row;
  const mailboxesOf = async (lane: string): Promise<readonly MailboxRow[]> => {
    const account = parseLane(lane);
    if (account === undefined) return [];
    const ids = 'mailboxId' in account ? [account.mailboxId] : await grants.mailboxesOf(account);
    return (await Promise.all(ids.map(mailbox))).filter((row) => row !== undefined);
  };
  /** A shared mailbox is sent for by the person who opens it: Exchange takes her log-in, and From is the shared address. */
  const account = async (row: MailboxRow) => {
    const { grant } = row;
    if (grant.kind === 'app' || isOwn(row)) return { mailbox: row, login: row.login };
    const others = await Promise.all((await grants.mailboxesOf(grant)).map(mailbox));
    const own = others.find((other) => other !== undefined && isOwn(other));
    return { mailbox: row, login: own?.login ?? row.login };
  };
  const deps: SendingDeps = {
    store,
    rows,
    mail: createStoredMail({ blobs }),
    sealer,
    clock,
    random,
    log,
    ways: new Map([['smtp', createSmtpWay(config.smtp, { token })]]),
    sent: createSentFolders({ imap: downloads, token, mailbox, clock, log }),
    mailboxesOf,
    account,
    copiesAlsoIn: async (row) => {
      if (row.grant.kind === 'app' || isOwn(row)) return [];
      const others = await Promise.all((await grants.mailboxesOf(row.grant)).map(mailbox));
      return others.filter((other) => other !== undefined).filter(isOwn);
    },
    sendVia: () => 'auto',
    wake: (hint: SendHint, delayMs: number) => queue.send(hint, delayMs),
  };
  const runner = createLaneRunner(deps);

  /** What composing needs of this mailbox and of the NocoBase that gets its mail. */
  const portsOf = (row: MailboxRow): ComposePorts => ({
    async readOriginal(messageRef, signal) {
      const place = decodeMessageRef(messageRef);
      if (place === undefined) throw new BrokerError('message_gone');
      const accessToken = await token(row, { force: false });
      const session = await downloads.open({ login: row.login, accessToken, mailboxId: row.id }, signal);
      try {
        const message = await readReferenced(session, row.folders, place, quotedBytes);
        return { ...message, receivedAt: message.meta.internalDate };
      } finally {
        await session.close();
      }
    },
    async openPart(messageRef, part) {
      const place = decodeMessageRef(messageRef);
      if (place === undefined) throw new BrokerError('message_gone');
      const { file, bytes } = await uploads.open({ mailboxId: row.id, ...place, part });
      return { filename: file.filename ?? '', contentType: file.contentType, bytes };
    },
    async fetch(url, signal) {
      const found = await destinationRows.open(row.destinationId);
      if (found === undefined) throw new BrokerError('attachment_source_refused');
      return fetchNocobaseFile(
        url,
        { url: found.config.url, headers: authHeaders(found.secrets.auth) },
        outbound,
        signal,
      );
    },
    async cleanHtml(html) {
      const sanitizer = await loadSanitizer();
      try {
        return sanitizer.html(html);
      } catch (error) {
        if (error instanceof HtmlTooDeep) return undefined;
        throw error;
      }
    },
  });

  return {
    /**
     * Takes a message over for sending. The same request with the same idempotency key is answered with the same submission.
     * @throws BrokerError what composing throws; `idempotency_key_reused` | `storage_unreachable`
     */
    send(
      row: MailboxRow,
      request: SendRequest,
      asked: { readonly keyId: string; readonly idempotencyKey: string | undefined },
    ): Promise<Submission> {
      const messageId = `<${randomBase62(24, random)}@${row.address.split('@').at(-1) ?? 'localhost'}>`;
      const { sendAt, expiresIn, bulk, onUnknown, ...content } = request;
      return accept(deps, {
        mailbox: row,
        keyId: asked.keyId,
        // Keys rotate; where the mail of a mailbox goes is what its callers have in common.
        client: row.destinationId,
        idempotencyKey: asked.idempotencyKey,
        contentHash: contentHashOf(request),
        sendAt,
        expiresInMs: expiresIn === undefined ? undefined : expiresIn * 1000,
        priority: bulk ? 'bulk' : 'interactive',
        onUnknown,
        messageId,
        compose: () =>
          compose(
            {
              content,
              uploads: [],
              mailbox: { addresses: [{ name: '', address: row.address }], locale: 'en', timeZone: 'UTC' },
              messageId,
              limitBytes: mailLimitBytes,
            },
            portsOf(row),
            AbortSignal.timeout(composeMs),
          ),
      });
    },
    submissions: {
      read: async (id: string): Promise<Submission | undefined> => (await rows.read(id))?.submission,
      page: rows.page,
      ...createDecisions(deps),
    },
    /** Ends what a mailbox that is about to be removed still has to send, and tells of it. */
    endOf: (mailboxId: string) => endSubmissions(deps, mailboxId),
    /**
     * A wake-up for every lane with something to do in this tick; those whose own wake-up was lost among them. Never
     * rejects: mail that comes in must not wait for mail that goes out.
     */
    async wakeUps(): Promise<readonly SendHint[]> {
      try {
        const lanes = await dueLanes({ directory, rows, mailbox }, new Date(store.time.whenWriting()));
        return lanes.map((lane): SendHint => ({ v: 1, kind: 'send', lane }));
      } catch (error) {
        log.warn('send_lanes_unknown', { code: isBrokerError(error) ? error.code : 'storage_unreachable' });
        return [];
      }
    },
    /** Looks after a lane. @throws BrokerError `storage_unreachable`; StoreError */
    run: (lane: string) => runner.run(lane),
    stop: () => runner.stop(),
  };
}

export type Sending = ReturnType<typeof composeSending>;

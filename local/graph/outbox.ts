import PostalMime from 'postal-mime';
import type { Directory } from '../entra/directory.ts';
import type { MailServer } from '../mail/stand-ins.ts';
import type { Reply } from '../web.ts';
import { refusals } from './answers.ts';
import type { GraphStandIn } from './stand-in.ts';

export interface OutboxOptions {
  readonly directory: Directory;
  /** Where mail for the people of the local world goes, and the copies in Sent Items. */
  readonly mailboxes: Pick<MailServer, 'deliver'>;
  /** Addresses that have a mailbox. */
  readonly addresses: readonly string[];
}

type Sent = ReturnType<GraphStandIn['sent']>[number];

/** Takes finished messages, as Exchange does behind Graph. */
export interface Outbox {
  /** Undefined: it was taken. @param mailbox whose message it is */
  take(mailbox: string, way: Sent['way'], raw: Buffer): Promise<Reply | undefined>;
  readonly sent: readonly Sent[];
}

const headersEnd = '\r\n\r\n';

/**
 * Recipients come from the header; Bcc is taken out of what they get and stays in the copy of the sender, which lies in
 * Sent Items of the mailbox whose message it is. A From that is an alias of the mailbox becomes its primary address, as in
 * a tenant without SendFromAliasEnabled; any other address is refused.
 */
export function createOutbox({ directory, mailboxes, addresses }: OutboxOptions): Outbox {
  const local = new Set(addresses.map((address) => address.toLowerCase()));
  const sent: Sent[] = [];
  return {
    sent,
    async take(mailbox, way, raw) {
      // Of the body nothing is looked at, and it may be large.
      const end = raw.indexOf(headersEnd);
      const mail = await PostalMime.parse(end < 0 ? raw : raw.subarray(0, end + headersEnd.length));
      const from = mail.from?.address?.toLowerCase() ?? mailbox;
      const aliases = directory.byAddress(mailbox)?.aliases ?? [];
      const isAlias = aliases.some((alias) => alias.toLowerCase() === from);
      if (from !== mailbox && !isAlias) return refusals.sendAs();
      const flat = [...(mail.to ?? []), ...(mail.cc ?? []), ...(mail.bcc ?? [])].flatMap(
        (entry) => entry.group?.map(({ address }) => address) ?? [entry.address ?? ''],
      );
      // What is no address at all has none here.
      if (flat.length === 0 || flat.some((address) => !/^[^@\s]+@[^@\s]+$/.test(address))) return refusals.recipients();
      const to = [...new Set(flat)];
      const own = isAlias ? replaceHeader(raw, 'From', (value) => value.replace(/[^\s<]+@[^\s>]+/, mailbox)) : raw;
      const theirs = replaceHeader(own, 'Bcc', () => undefined);
      for (const address of to) {
        if (local.has(address.toLowerCase())) await mailboxes.deliver(address, Buffer.concat([stamp(), theirs]));
      }
      await mailboxes.deliver(mailbox, own, { folder: 'Sent Items', flags: ['\\Seen'] });
      sent.push({ mailbox, way, from, to, raw: own.toString(), delivered: theirs.toString() });
      return undefined;
    },
  };
}

/** RFC 5321 section 4.4: a receiving server adds a line at the top, once for each delivery. */
const stamp = (): Buffer =>
  Buffer.from(
    `Received: from graph.localhost by localhost with mapi id ${crypto.randomUUID()};\r\n` +
      `\t${new Date().toUTCString().replace('GMT', '+0000')}\r\n`,
  );

/** The message with another value of a header field, or without it. Bytes of the body are not touched. */
function replaceHeader(raw: Buffer, name: string, change: (value: string) => string | undefined): Buffer {
  const end = raw.indexOf(headersEnd);
  if (end < 0) return raw;
  const head = raw.subarray(0, end).toString('latin1');
  const field = new RegExp(`^${name}:((?:.|\r\n[ \t])*)(?:\r\n|$)`, 'im');
  const changed = head.replace(field, (_whole, value: string) => {
    const next = change(value);
    return next === undefined ? '' : `${name}:${next}\r\n`;
  });
  return Buffer.concat([Buffer.from(changed.replace(/\r\n$/, ''), 'latin1'), raw.subarray(end)]);
}

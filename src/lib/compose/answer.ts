import type { Address } from '../domain/mail/message.ts';
import { isAddrSpec, wireAddress } from './addr-spec.ts';
import type { Original } from './original.ts';
import { eachOnce } from './recipients.ts';
import { isOwn, ownAddress, type SendingMailbox } from './sending-mailbox.ts';

/** Whom an answer goes to, and as whom. */
export interface Answer {
  readonly from: Address;
  readonly to: readonly Address[];
  readonly cc: readonly Address[];
}

type Headers = Pick<Original, 'from' | 'to' | 'cc' | 'replyTo'>;

/**
 * An answer to the one who wrote: to Reply-To if it names anyone but ourselves, else to From (RFC 5322 section 3.6.2).
 * An answer to a mail of our own continues with the people it went to, as in Outlook and Gmail. Pure.
 * @returns an empty `to` if only our own addresses are named; never an invented address
 */
export function replyTo(original: Headers, mailbox: SendingMailbox): Answer {
  const to = others(original.replyTo, mailbox);
  return {
    from: identityOf(original, mailbox),
    to:
      to.length > 0
        ? to
        : isFromUs(original, mailbox)
          ? others(original.to, mailbox)
          : others(senders(original), mailbox),
    cc: [],
  };
}

/**
 * An answer to everyone: as {@link replyTo}, with the other recipients in To and those of Cc in Cc, as Outlook does it.
 * Recipients in Bcc are left out. Each person once; never the mailbox itself, under any of its addresses.
 */
export function replyAll(original: Headers, mailbox: SendingMailbox): Answer {
  const answer = replyTo(original, mailbox);
  const to = eachOnce([...answer.to, ...others(original.to, mailbox)]);
  const known = new Set(to.map(({ address }) => address.toLowerCase()));
  const cc = others(original.cc, mailbox).filter(({ address }) => !known.has(address.toLowerCase()));
  // Of a mail that reached us by Cc alone, such as one that we sent to Cc only.
  return to.length > 0 ? { ...answer, to, cc } : { ...answer, to: cc, cc: [] };
}

/**
 * The own address that a mail was for, as whom an answer is written: the first of ours in To, else in Cc; of our own mail
 * the one it was sent from; else (Bcc, a list) the mailbox's first.
 */
export function identityOf(original: Headers, mailbox: SendingMailbox): Address {
  const written = original.from === undefined ? undefined : ownAddress(mailbox, original.from.address);
  const addressed = [...original.to, ...original.cc].map(({ address }) => ownAddress(mailbox, address));
  return written ?? addressed.find((own) => own !== undefined) ?? mailbox.addresses[0];
}

const senders = ({ from }: Headers): readonly Address[] => (from === undefined ? [] : [from]);

const isFromUs = ({ from }: Headers, mailbox: SendingMailbox): boolean =>
  from !== undefined && isOwn(mailbox, from.address);

/** Those who can receive a mail and are not ourselves. */
const others = (list: readonly Address[], mailbox: SendingMailbox): readonly Address[] =>
  eachOnce(
    list
      .filter(({ address }) => isAddrSpec(address) && !isOwn(mailbox, address))
      .map(({ name, address }) => ({ name: oneLine(name), address: wireAddress(address) })),
  );

/** Names in received mail may hold anything. */
const oneLine = (name: string): string =>
  name
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
    .slice(0, 200)
    .toWellFormed();

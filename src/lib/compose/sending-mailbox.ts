import type { Address } from '../domain/mail/message.ts';
import { sameAddressKey } from './addr-spec.ts';

/** Who sends, as far as a message shows it. */
export interface SendingMailbox {
  /** The address that the mailbox has in the broker, then every other one at which it receives; names are shown in From. */
  readonly addresses: readonly [Address, ...Address[]];
  /** BCP 47, such as `en-GB` or `zh-CN`: the language of the lines that stand over a quote, and how a date is written. */
  readonly locale: string;
  /** IANA, such as `Asia/Shanghai`: for the time of a quoted message. */
  readonly timeZone: string;
  /** Goes under every message of this mailbox; undefined for none. */
  readonly signatureHtml?: string | undefined;
}

/**
 * Which of the mailbox's own addresses this is. Exchange Online delivers `ada+offers@x` to `ada@x` by default, so that is
 * hers, too. https://learn.microsoft.com/exchange/recipients-in-exchange-online/plus-addressing-in-exchange-online
 */
export function ownAddress(mailbox: SendingMailbox, address: string): Address | undefined {
  const key = sameAddressKey(address);
  const base = key.replace(/^([^"@+]+)\+[^@]*(?=@)/, '$1');
  const find = (wanted: string) => mailbox.addresses.find((own) => sameAddressKey(own.address) === wanted);
  return find(key) ?? (base === key ? undefined : find(base));
}

export const isOwn = (mailbox: SendingMailbox, address: string): boolean => ownAddress(mailbox, address) !== undefined;

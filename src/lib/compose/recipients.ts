import { z } from 'zod';
import { addressList } from '../domain/mail/address-list.ts';
import { type AddressToken, addressTokens } from '../domain/mail/address-tokens.ts';
import type { Address } from '../domain/mail/message.ts';
import { isAddrSpec, wireAddress } from './addr-spec.ts';

const longestName = 200;
// A thousand addresses of the longest kind; Exchange takes no more recipients in a message by default.
const longestText = 400_000;
export const mostRecipients = 1_000;

const noControls = /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]*$/u;
const asWritten = (text: string): string => text;

/**
 * The mailboxes that a text names, as in a header: `Ada <ada@x.example>, "Hopper, Grace" <grace@x.example>`. Reading
 * mail, one takes from a broken header what there is; sending, no recipient may be left out or mistaken, so every `@`
 * outside of quotation marks has to belong to an address that was read.
 * @returns undefined if it cannot be read so
 */
export function readAddresses(text: string): readonly Address[] | undefined {
  if (!noControls.test(text)) return undefined;
  const found = addressList(text, asWritten);
  if (!found.every(({ name, address }) => isAddrSpec(address) && name.length <= longestName)) return undefined;
  const tokens = addressTokens(text);
  if (atsIn(tokens) !== found.length) return undefined;
  // A name stands before brackets or in a comment: `ada @x bob` is a slip.
  const places = tokens.filter(({ kind }) => kind === 'angle' || kind === 'comment').length;
  if (found.filter(({ name }) => name !== '').length > places) return undefined;
  return found.map(onTheWire);
}

/** How many `@` stand outside of quoted strings and comments. */
const atsIn = (tokens: readonly AddressToken[]): number =>
  tokens.reduce((sum, { kind, text: own }) => {
    if (kind === 'quoted' || kind === 'comment') return sum;
    if (kind === 'address') return sum + 1;
    return sum + own.replace(/"(?:[^"\\]|\\.)*"/g, '').split('@').length - 1;
  }, 0);

const onTheWire = ({ name, address }: Address): Address => ({ name, address: wireAddress(address) });

const onePerson = z
  .strictObject({
    name: z.string().trim().max(longestName).regex(noControls, 'Contains a control character.').optional(),
    address: z.string().trim().refine(isAddrSpec, 'Is not a mail address.'),
  })
  .transform(({ name, address }): readonly Address[] => [onTheWire({ name: name ?? '', address })]);

const written = z
  .string()
  .trim()
  .max(longestText)
  .transform((text, context): readonly Address[] => {
    const found = readAddresses(text);
    if (found !== undefined) return found;
    const names = addressList(text, asWritten);
    const at = noControls.test(text) ? names.findIndex(({ address }) => !isAddrSpec(address)) : -1;
    const message =
      names.length < 2 || at < 0 ? `Is not ${oneOrMore}.` : `Names no mail address at position ${at + 1}.`;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });

const oneOrMore = 'a list of mail addresses such as "Ada <ada@x.example>, grace@x.example"';

/** What is wrong with recipients: where there are many, with which of them. It speaks of no value. */
function recipientsFault(issue: z.core.$ZodRawIssue): string {
  const needs = 'Needs mail addresses such as "Ada <ada@x.example>, grace@x.example", as one text or a list.';
  if (issue.code !== 'invalid_union') return needs;
  const [asText = [], asList = []] = issue.errors;
  const own = asText.find(({ code }) => code === 'custom');
  if (own !== undefined) return own.message;
  const at = asList.flatMap(({ path: [index] }) => (typeof index === 'number' ? index : []))[0];
  return at === undefined ? needs : `Names no mail address in entry ${at + 1} of its list.`;
}

/**
 * Recipients in a request: one text as in a header, or a list of such texts and of `{name, address}`. Each address
 * once; an empty text names no one.
 */
export const recipients = z
  .union([written, z.array(z.union([written, onePerson])).transform((lists) => lists.flat())], {
    error: recipientsFault,
  })
  .refine((list) => list.length <= mostRecipients, `Names more than ${mostRecipients} addresses.`)
  .transform(eachOnce);

/** The first of several with the same address stays. */
export function eachOnce(list: readonly Address[]): readonly Address[] {
  const known = new Map<string, Address>();
  for (const one of list) {
    const key = one.address.toLowerCase();
    if (!known.has(key)) known.set(key, one);
  }
  return [...known.values()];
}

/** One person or none: the sender. */
export const sender = z
  .union([written, onePerson], { error: 'Needs one mail address such as "Ada <ada@x.example>".' })
  .transform((list, context) => {
    const [only, ...others] = list;
    if (only !== undefined && others.length === 0) return only;
    context.addIssue({ code: 'custom', message: 'Must name one mail address.' });
    return z.NEVER;
  });

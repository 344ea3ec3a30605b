import { addressPattern } from './address-pattern.ts';
import type { Direction } from './direction.ts';
import { type FolderChoice, type FolderRole, isChosen } from './folder.ts';

/** What is asked of a message. It holds if every field that is given does; of a list one entry is enough. */
export interface FilterCondition {
  readonly folder?: readonly FolderChoice[] | undefined;
  /** Addresses, in which `*` stands for anything. */
  readonly from?: readonly string[] | undefined;
  /** The same, of anyone in To, Cc or Bcc. */
  readonly to?: readonly string[] | undefined;
  /** A piece of the subject, in upper or lower case. */
  readonly subject?: readonly string[] | undefined;
  /** Bytes, as the mail server states them. */
  readonly minSize?: number | undefined;
  readonly maxSize?: number | undefined;
  readonly hasAttachment?: boolean | undefined;
  readonly autoReply?: boolean | undefined;
  readonly direction?: Direction | undefined;
}

/** Which mail of a mailbox is delivered: where `only` holds, if it is given, and `except` does not. */
export interface MailboxFilter {
  readonly only?: FilterCondition | undefined;
  readonly except?: FilterCondition | undefined;
}

/** What is known of a message before it is read. Undefined: not known, or not known yet. */
export interface FilterFacts {
  readonly folder: { readonly path: string; readonly role: FolderRole | undefined };
  readonly size: number | undefined;
  readonly from: readonly string[] | undefined;
  readonly to: readonly string[] | undefined;
  readonly subject: string | undefined;
  readonly hasAttachment: boolean | undefined;
  readonly autoReply: boolean | undefined;
  readonly direction: Direction | undefined;
}

/** `unknown`: what is not known of the message decides. */
export type Verdict = 'passes' | 'stopped' | 'unknown';

/** A filter, made ready once for many messages. Pure. */
export type CompiledFilter = (facts: FilterFacts) => Verdict;

type Answer = 'yes' | 'no' | 'unknown';

export function compileFilter({ only, except }: MailboxFilter): CompiledFilter {
  const isWanted = only === undefined ? () => 'yes' : testOf(only);
  const isUnwanted = except === undefined ? () => 'no' : testOf(except);
  return (facts) => {
    const [wanted, unwanted] = [isWanted(facts), isUnwanted(facts)];
    if (wanted === 'no' || unwanted === 'yes') return 'stopped';
    return wanted === 'yes' && unwanted === 'no' ? 'passes' : 'unknown';
  };
}

/**
 * Whether a message is delivered about which no more can be found out. If the filter cannot decide, it is: one mail too
 * many is better than one too few.
 */
export const passes = (compiled: CompiledFilter, facts: FilterFacts): boolean => compiled(facts) !== 'stopped';

/** What has to be found out about messages for a filter, beyond folder, size, sender and subject. */
export interface FilterNeeds {
  /** Headers that nothing else asks for. */
  readonly headers: boolean;
  readonly structure: boolean;
}

export function needsOf({ only, except }: MailboxFilter): FilterNeeds {
  const conditions = [only ?? {}, except ?? {}];
  return {
    headers: conditions.some(({ to, autoReply }) => to !== undefined || autoReply !== undefined),
    structure: conditions.some(({ hasAttachment }) => hasAttachment !== undefined),
  };
}

function testOf(condition: FilterCondition): (facts: FilterFacts) => Answer {
  const { folder, minSize, maxSize, hasAttachment, autoReply, direction } = condition;
  const from = condition.from?.map(addressPattern);
  const to = condition.to?.map(addressPattern);
  const subject = condition.subject?.map(comparable);
  const tests: ((facts: FilterFacts) => Answer)[] = [];
  if (folder !== undefined)
    tests.push((facts) => answer(facts.folder, (own) => folder.some((one) => isChosen(one, own))));
  if (minSize !== undefined) tests.push(({ size }) => answer(size, (bytes) => bytes >= minSize));
  if (maxSize !== undefined) tests.push(({ size }) => answer(size, (bytes) => bytes <= maxSize));
  if (direction !== undefined) tests.push((facts) => answer(facts.direction, (own) => own === direction));
  if (autoReply !== undefined) tests.push((facts) => answer(facts.autoReply, (own) => own === autoReply));
  if (hasAttachment !== undefined) tests.push((facts) => answer(facts.hasAttachment, (own) => own === hasAttachment));
  if (from !== undefined)
    tests.push((facts) => answer(facts.from, (own) => own.some((one) => from.some((is) => is(one)))));
  if (to !== undefined) tests.push((facts) => answer(facts.to, (own) => own.some((one) => to.some((is) => is(one)))));
  if (subject !== undefined) {
    tests.push((facts) =>
      answer(facts.subject && comparable(facts.subject), (own) => subject.some((one) => own.includes(one))),
    );
  }
  return (facts) => {
    let all: Answer = 'yes';
    for (const test of tests) {
      const one = test(facts);
      if (one === 'no') return 'no';
      if (one === 'unknown') all = 'unknown';
    }
    return all;
  };
}

function answer<T>(fact: T | undefined, test: (fact: T) => boolean): Answer {
  if (fact === undefined) return 'unknown';
  return test(fact) ? 'yes' : 'no';
}

const comparable = (text: string): string => text.normalize('NFC').toLowerCase();

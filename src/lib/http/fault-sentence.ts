import type { z } from 'zod';

type RawIssue = z.core.$ZodRawIssue;

const kinds: Readonly<Record<string, string>> = {
  string: 'Is not a text.',
  number: 'Is not a number.',
  int: 'Is not a whole number.',
  boolean: 'Is neither true nor false.',
  array: 'Is not a list.',
  object: 'Is not an object.',
};

const oneOf = (values: readonly unknown[]): string =>
  values.length === 1 ? `Can only be ${values[0]}.` : `Is none of ${values.join(', ')}.`;

const missingIn = new Set(['invalid_type', 'invalid_value', 'invalid_union']);

/**
 * What is wrong with a field, for people who know JSON and not the library that checks it. It speaks of the form that
 * is wanted and never of the value that came. Undefined leaves it to the library. Pure.
 */
export function faultSentence(issue: RawIssue): string | undefined {
  if (issue.input === undefined && missingIn.has(issue.code)) return 'Is missing.';
  switch (issue.code) {
    case 'invalid_type':
      return kinds[issue.expected];
    case 'invalid_value':
      return oneOf(issue.values);
    case 'invalid_union':
      return 'options' in issue && Array.isArray(issue.options) ? oneOf(issue.options) : undefined;
    case 'too_small':
      return tooSmall(issue.origin, issue.minimum);
    case 'too_big':
      return tooBig(issue.origin, issue.maximum);
    default:
      return undefined;
  }
}

function tooSmall(origin: string, minimum: number | bigint): string {
  if (origin === 'string') return minimum === 1 ? 'Is empty.' : `Has fewer than ${minimum} characters.`;
  if (origin === 'array') return minimum === 1 ? 'Is an empty list.' : `Has fewer than ${minimum} entries.`;
  return `Is less than ${minimum}.`;
}

function tooBig(origin: string, maximum: number | bigint): string {
  if (origin === 'string') return `Has more than ${maximum} characters.`;
  if (origin === 'array') return `Has more than ${maximum} entries.`;
  return `Is more than ${maximum}.`;
}

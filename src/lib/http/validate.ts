import type { z } from 'zod';
import { BrokerError, type FieldFault } from '../errors.ts';
import { faultSentence } from './fault-sentence.ts';

type Issue = z.core.$ZodIssue;

// A field's name comes from the request; only one that looks like a name is given back.
const nameForm = /^[\w.-]{1,64}$/;

const fieldName = (path: readonly PropertyKey[], within: string): string => {
  const name = path.map(String).join('.');
  if (name === '') return within;
  return nameForm.test(name) ? name : '(unnamed)';
};

function faults(issue: Issue, within: string): FieldFault[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      field: fieldName([...issue.path, key], within),
      message: 'Is not a known field.',
    }));
  }
  return [{ field: fieldName(issue.path, within), message: issue.message }];
}

/**
 * What the schema makes of `input`.
 * @param within names the whole where a fault concerns no single field: `body` or `query`
 * @throws BrokerError `invalid_request` with every fault by its field's path and reason, never with a value
 */
export function validate<T>(schema: z.ZodType<T>, input: unknown, within: string): T {
  const result = schema.safeParse(input, { error: faultSentence });
  if (result.success) return result.data;
  throw new BrokerError('invalid_request', { fields: result.error.issues.flatMap((issue) => faults(issue, within)) });
}

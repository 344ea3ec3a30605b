import { deploymentErrors } from './errors/deployment.ts';
import { destinationErrors } from './errors/destinations.ts';
import type { ErrorEntry } from './errors/entry.ts';
import { mailErrors } from './errors/mail.ts';
import { microsoftErrors } from './errors/microsoft.ts';
import { requestErrors } from './errors/requests.ts';
import { sendingErrors } from './errors/sending.ts';
import { signInErrors } from './errors/sign-in.ts';
import { submissionErrors } from './errors/submissions.ts';

export type { ErrorEntry, Who } from './errors/entry.ts';

/** The codes by area, in the order in which the pages list them. */
export const errorRooms = {
  requestErrors,
  destinationErrors,
  deploymentErrors,
  signInErrors,
  microsoftErrors,
  mailErrors,
  sendingErrors,
  submissionErrors,
} as const;

const table = {
  ...requestErrors,
  ...destinationErrors,
  ...deploymentErrors,
  ...signInErrors,
  ...microsoftErrors,
  ...mailErrors,
  ...sendingErrors,
  ...submissionErrors,
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof table;

/**
 * Every failure by its code: the sentence, the remedy, and who acts. A code, once published, keeps its meaning.
 */
export const errorTable: Readonly<Record<ErrorCode, ErrorEntry>> = table;

declare const newer: unique symbol;

/** A code in a stored row: one of this table, or one that only a newer version of the broker knows, kept as it is. */
export type StoredCode = ErrorCode | (string & { readonly [newer]: true });

/** A code as it was read from a row. It is not checked: what a newer version wrote is passed on. */
export const storedCode = (text: string): StoredCode => text as StoredCode;

/** True if `text` is a code of this table. */
export const isErrorCode = (text: string): text is ErrorCode => Object.hasOwn(table, text);

import type { FieldFault } from '../errors.ts';
import type { Scope } from './caller.ts';

/** The permissions of a new key. */
export interface NewApiKey {
  readonly scopes: readonly Scope[];
  readonly label?: string | undefined;
  /** Limits it to these mailboxes. */
  readonly mailboxes?: readonly string[] | undefined;
  /** Limits it to these destinations. */
  readonly destinations?: readonly string[] | undefined;
  readonly expiresAt?: Date | undefined;
}

/** A key that has expired before anyone could use it is a slip, such as a wrong year. */
export const expiryFaults = ({ expiresAt }: NewApiKey, nowMs: number): FieldFault[] =>
  expiresAt !== undefined && expiresAt.getTime() <= nowMs ? [{ field: 'expiresAt', message: 'Is in the past.' }] : [];

export function tokenKeyFaults(wanted: NewApiKey): FieldFault[] {
  if (!wanted.scopes.includes('token')) return [];
  const faults: FieldFault[] = [];
  if (wanted.mailboxes === undefined) {
    faults.push({ field: 'mailboxes', message: 'A key with the scope token must list its mailboxes.' });
  }
  if (wanted.expiresAt === undefined) {
    faults.push({ field: 'expiresAt', message: 'A key with the scope token must expire.' });
  }
  return faults;
}

/** Key of a grant: the tenant and the object id of the signed-in person; never an address, which changes. */
export interface GrantKey {
  readonly tid: string;
  readonly oid: string;
}

/**
 * What a grant is good for. `reconnect_required`: the person signs in again. `consent_required`: an administrator of the
 * tenant acts first. `revoked`: given up on purpose.
 */
export type GrantStatus = 'ok' | 'reconnect_required' | 'consent_required' | 'revoked';

/** Stands in the place of a person's object id where the app itself has the right to open mailboxes of a tenant. */
export const appOid = 'app';

/** Key of the app's own permission in a tenant. */
export const appGrantKey = (tid: string): GrantKey => ({ tid: tid.toLowerCase(), oid: appOid });

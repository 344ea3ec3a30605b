import type { DemoUser } from './stand-in.ts';

/** A user with everything that tokens say about her. */
export interface Account {
  readonly address: string;
  readonly name: string;
  readonly oid: string;
  readonly tid: string;
  /** What tokens call her. */
  readonly signInName: string;
  readonly aliases: readonly string[];
  /** App roles that she was given. */
  readonly roles: readonly string[];
  /** What `client_info` carries; MSAL makes the homeAccountId of it. */
  readonly home: { readonly uid: string; readonly utid: string };
}

/** The accounts of the stand-in's tenants. */
export interface Directory {
  byAddress(address: string): Account | undefined;
  byId(oid: string): Account | undefined;
  /** Those who may sign in under this tenant in the authority: people at work, personal accounts, or both (`common`). */
  of(tenant: string): readonly Account[];
}

/** Personal accounts all live in this tenant. */
export const personalTenant = '9188040d-6c67-4c5b-b112-36a304b66dad';

/** True if accounts of the tenant `tid` are served under `named` in the authority. */
export function isServed(named: string, tid: string): boolean {
  switch (named.toLowerCase()) {
    case 'common':
      return true;
    case 'organizations':
      return tid !== personalTenant;
    case 'consumers':
      return tid === personalTenant;
    default:
      return named.toLowerCase() === tid;
  }
}

export function createDirectory(users: readonly DemoUser[], tenant: string): Directory {
  const accounts = users.map((user): Account => {
    const tid = user.tid ?? tenant;
    const home = user.home ?? { uid: user.oid, utid: tid };
    const { address, name, oid, aliases = [], roles = [], signInName = address } = user;
    return { address, name, oid, tid, signInName, aliases, roles, home };
  });
  return {
    byAddress: (address) => accounts.find((account) => account.address.toLowerCase() === address.trim().toLowerCase()),
    byId: (oid) => accounts.find((account) => account.oid === oid),
    of: (named) => accounts.filter((account) => isServed(named, account.tid)),
  };
}

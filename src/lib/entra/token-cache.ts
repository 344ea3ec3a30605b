import { z } from 'zod';

// The part of MSAL's serialised cache that we touch; everything else passes through as it is.
const schema = z.looseObject({
  Account: z.record(z.string(), z.looseObject({ home_account_id: z.string(), username: z.string() })).optional(),
  AccessToken: z.record(z.string(), z.looseObject({ expires_on: z.coerce.number(), secret: z.string() })).optional(),
});

/** MSAL's serialised cache without the access tokens that have run out; MSAL itself keeps them for ever. */
export function prune(cache: string, nowMs: number): string {
  const parsed = schema.parse(JSON.parse(cache));
  const live = Object.entries(parsed.AccessToken ?? {}).filter(([, token]) => token.expires_on * 1000 > nowMs);
  return JSON.stringify({ ...parsed, AccessToken: Object.fromEntries(live) });
}

/** The access tokens in MSAL's serialised cache. */
export function accessTokensIn(cache: string): ReadonlySet<string> {
  return new Set(Object.values(schema.parse(JSON.parse(cache)).AccessToken ?? {}).map((token) => token.secret));
}

/** The name that a person signed in with when the cache was made; undefined if it does not tell. */
export function usernameIn(cache: string, homeAccountId: string): string | undefined {
  const accounts = Object.values(schema.safeParse(JSON.parse(cache)).data?.Account ?? {});
  return accounts.find((account) => account.home_account_id.toLowerCase() === homeAccountId.toLowerCase())?.username;
}

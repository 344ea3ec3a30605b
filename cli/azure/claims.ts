/** What Entra wants before it lets a call through, as a server puts it into WWW-Authenticate. */
export interface Challenge {
  /** The claims request, base64, as `az login --claims-challenge` takes it. */
  readonly claims: string;
}

/**
 * The claims challenge of a 401, or undefined. Its form:
 * https://learn.microsoft.com/entra/identity-platform/claims-challenge (`error="insufficient_claims", claims="…"`).
 */
export function readChallenge(header: string | null): Challenge | undefined {
  if (header === null || !/error="?insufficient_claims"?/i.test(header)) return undefined;
  const claims = /claims="?([\w+/=-]+)"?/i.exec(header)?.[1];
  return claims === undefined ? undefined : { claims };
}

/**
 * The log-in that answers a demand for more factors. `--claims-challenge` needs az 2.76; without claims a new log-in in
 * the tenant is all there is to do.
 */
export function loginArguments(demand: { claims?: string; tenant?: string; scope?: string }): string[] {
  return [
    'login',
    ...(demand.tenant === undefined ? [] : ['--tenant', demand.tenant]),
    ...(demand.scope === undefined ? [] : ['--scope', demand.scope]),
    ...(demand.claims === undefined ? [] : ['--claims-challenge', demand.claims]),
  ];
}

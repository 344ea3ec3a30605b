import { z } from 'zod';

const claims = z.object({ roles: z.array(z.string()).default([]) });

/**
 * The application permissions in a token of the app itself (its claim `roles`), for the doctor only: the format of
 * another API's token is internal to that API and may change, so only what a person is shown may depend on it.
 * https://learn.microsoft.com/entra/identity-platform/access-tokens#token-formats
 * @returns undefined where the token is not one that can be read
 */
export function appRolesIn(accessToken: string): readonly string[] | undefined {
  const payload = accessToken.split('.')[1] ?? '';
  try {
    return claims.parse(JSON.parse(Buffer.from(payload, 'base64url').toString())).roles;
  } catch {
    return undefined;
  }
}

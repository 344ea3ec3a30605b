import { loginArguments } from '../azure/claims.ts';
import { type AzureProblem, isProblem } from '../azure/problem.ts';
import { isAtLeast, leastAzForChallenge } from './plan/versions.ts';

/**
 * The arguments of the `az login` that may help after this error, or undefined. Microsoft demands another factor at any
 * time (https://github.com/Azure/azure-dev/issues/5425); what was done by then stays done, and the next run continues.
 * @param azVersion undefined where it is not known yet
 */
export function loginAgain(error: unknown, azVersion: string | undefined): string[] | undefined {
  if (!isProblem(error, 'mfa_required', 'not_logged_in')) return undefined;
  const { claims, scope, tenant } = error.facts;
  const knowsClaims = azVersion === undefined || isAtLeast(azVersion, leastAzForChallenge);
  return loginArguments({
    ...(tenant === undefined ? {} : { tenant }),
    ...(scope === undefined ? {} : { scope }),
    ...(claims === undefined || !knowsClaims ? {} : { claims }),
  });
}

/** A problem in lines for the person: what, what to do, what Azure said, which call. */
export function problemLines(error: AzureProblem, azVersion: string | undefined): string[] {
  const { said, requestId, call } = error.facts;
  const login = loginAgain(error, azVersion);
  return [
    error.message,
    error.remedy,
    ...(login === undefined ? [] : [`  az ${login.join(' ')}`]),
    ...(said === undefined ? [] : [`Azure says: ${said}`]),
    ...(call === undefined ? [] : [`It was asked: ${call}`]),
    ...(requestId === undefined ? [] : [`Request id, for Microsoft's support: ${requestId}`]),
  ];
}

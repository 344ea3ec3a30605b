/** What is known of a refusal, besides our own code. */
export interface ProblemFacts {
  /** HTTP status; absent where a program, not a server, refused. */
  readonly status?: number;
  /** Azure's own code, such as AuthorizationFailed or AADSTS50076. */
  readonly azureCode?: string;
  /** Azure's own sentence, with everything that looks like a secret removed. */
  readonly said?: string;
  /** What Entra demands of the next log-in (base64), where it demanded more than it got. */
  readonly claims?: string;
  /** Tenant in which to log in again, and what for (`az login --tenant --scope`). */
  readonly tenant?: string;
  readonly scope?: string;
  /** For Microsoft's support. */
  readonly requestId?: string;
  /** The call, as `--what-if` would print it. */
  readonly call?: string;
}

/**
 * Azure, Entra or one of their programs refused something, or could not be reached. `message` is one sentence for the
 * admin, `remedy` what to do about it, `code` is ours (the table is in sentences.ts).
 */
export class AzureProblem extends Error {
  override readonly name = 'AzureProblem';
  readonly code: string;
  readonly remedy: string;
  readonly facts: ProblemFacts;

  constructor(code: string, message: string, remedy: string, facts: ProblemFacts = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.remedy = remedy;
    this.facts = facts;
  }
}

/** Whether `error` is a problem with one of these codes. */
export const isProblem = <Code extends string>(
  error: unknown,
  ...codes: readonly Code[]
): error is AzureProblem & { readonly code: Code } =>
  error instanceof AzureProblem && codes.some((code) => code === error.code);

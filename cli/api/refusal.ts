/** What went wrong with a request to a broker, in one sentence, and what to do about it. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  /** The broker's own code, or `unreachable` | `not_a_broker`. */
  readonly code: string;
  readonly remedy: string;
  readonly fields: readonly { readonly field: string; readonly message: string }[];

  constructor(
    code: string,
    sentence: string,
    remedy: string,
    options: { readonly cause?: unknown; readonly fields?: ApiProblem['fields'] } = {},
  ) {
    super(sentence, { cause: options.cause });
    this.code = code;
    this.remedy = remedy;
    this.fields = options.fields ?? [];
  }
}

import { type ErrorCode, errorTable, type Who } from './error-codes.ts';

export type { ErrorCode, Who } from './error-codes.ts';

/** What a caller may do about a failure: try the same thing again, and when. */
export interface Retry {
  /** Milliseconds to wait first; from the server's Retry-After where it sent one. */
  readonly afterMs: number;
  /** The same as an instant, for callers. */
  readonly until?: Date;
}

export interface BrokerErrorOptions {
  readonly retry?: Retry;
  readonly cause?: unknown;
  /** Replaces the table's sentence where the case is known more exactly. Never holds a request's values or a secret. */
  readonly detail?: string;
  /** Faults in named fields, for `invalid_request`: the field's path and what is wrong with it, never its value. */
  readonly fields?: readonly FieldFault[];
}

/** One fault in a request or in the settings. */
export interface FieldFault {
  readonly field: string;
  readonly message: string;
}

/**
 * The one error class: every failure that a person may meet is one of these.
 * Status, sentence, remedy and who can act follow from the code (`error-codes.ts`); codes are part of the interface.
 */
export class BrokerError extends Error {
  override readonly name = 'BrokerError';
  readonly code: ErrorCode;
  readonly retry: Retry | undefined;
  readonly fields: readonly FieldFault[];

  constructor(code: ErrorCode, options: BrokerErrorOptions = {}) {
    super(options.detail ?? errorTable[code].sentence, { cause: options.cause });
    this.code = code;
    this.retry = options.retry;
    this.fields = options.fields ?? [];
  }

  get status(): number {
    return errorTable[this.code].status;
  }

  get remedy(): string {
    return errorTable[this.code].remedy;
  }

  get who(): Who {
    return errorTable[this.code].who;
  }
}

/** By its name: the bundle has this class once in its own file and once for what is loaded later. */
const isOne = (error: unknown): error is BrokerError => error instanceof Error && error.name === 'BrokerError';

/** True if `error` is a {@link BrokerError}, and, where codes are given, one of those. */
export function isBrokerError(error: unknown, ...codes: ErrorCode[]): error is BrokerError {
  return isOne(error) && (codes.length === 0 || codes.includes(error.code));
}

import type { SignInResult } from '../store/links/sign-in-states.ts';
import type { Step } from './types.ts';

/** How a sign-in ended, and what has to be kept with it. */
export interface Conclusion {
  readonly result: SignInResult;
  /** Token of the link for the administrator, where one must act first. */
  readonly consentToken?: string | undefined;
  /** Where the browser goes at once in place of {@link Journey.end}: to Microsoft once more, with less to ask for. */
  readonly again?: Step | undefined;
}

/** One way back from Microsoft, of one kind: what its parameters may be, what comes of them, and what is shown. */
export interface Journey {
  /** What to do with the parameters; undefined if they are no answer to what was asked. */
  readonly conclude: (query: URLSearchParams) => (() => Promise<Conclusion>) | undefined;
  /** The result where the sign-in itself has none: we died after spending its ticket, or another one spent it. */
  readonly resultElsewhere: () => Promise<SignInResult | undefined>;
  /** The page with the button that starts over. */
  readonly restart: () => Step;
  /** A result as the person meets it. */
  readonly end: (conclusion: Conclusion) => Promise<Step>;
}

/** What Microsoft sent in place of what was asked for (RFC 6749 section 4.1.2.1). */
export interface Refusal {
  readonly error: string;
  readonly errorDescription?: string;
  readonly errorSubcode?: string;
}

/** The refusal in a query, if there is one. */
export function refusalIn(query: URLSearchParams): Refusal | undefined {
  const error = query.get('error') ?? '';
  const description = query.get('error_description') ?? '';
  const subcode = query.get('error_subcode') ?? '';
  if (error === '') return undefined;
  return {
    error,
    ...(description === '' ? {} : { errorDescription: description }),
    ...(subcode === '' ? {} : { errorSubcode: subcode }),
  };
}

import type { ErrorCode, Who } from '../../errors.ts';

/** What the doctor says, in both languages of the product. */
export interface Localised {
  readonly en: string;
  readonly zh: string;
}

/** `unknown`: the doctor could not look; it says nothing about whether the thing works. */
export type Status = 'ok' | 'warn' | 'fail' | 'unknown';

/** What one check found about one thing. */
export type Finding = OwnFinding | CodedFinding;

interface AboutSomething {
  /** The mailbox, destination, table or queue it is about, where a check looks at several. */
  readonly subject?: string;
}

/** A finding in the check's own words. */
export interface OwnFinding extends AboutSomething {
  readonly status: Status;
  /** Of the error behind it; see docs/error-codes.md. */
  readonly code?: string;
  /** One plain sentence. Holds no secret and nothing that a mail or a server said. */
  readonly sentence: Localised;
  /** What to do about it, and who can. Present unless all is well. */
  readonly remedy?: Localised;
  readonly who?: Who;
}

/** A failure that has a code: sentence, remedy and person are those of the code, in the language that is asked for. */
export interface CodedFinding extends AboutSomething {
  /** `warn` where the broker works without it. */
  readonly status: 'fail' | 'warn';
  readonly code: ErrorCode;
  /** What the failure said itself, in English: the sentence of the code, or one that is more exact. */
  readonly detail: string;
  /** Put before the sentence: a name that tells a person more than the subject does. */
  readonly name?: string;
}

/** The mailboxes and destinations that the caller may see. */
export interface KeyAccess {
  readonly isLimited: boolean;
  mailbox(mailbox: { readonly id: string; readonly destinationId: string }): boolean;
  destination(id: string): boolean;
}

/** One thing that the doctor looks at. */
export interface Check {
  /** Stable: programs and the deployment read it. docs/doctor.md has a section of this name. */
  readonly name: string;
  /**
   * Reports each finding as soon as it is known, so that a check that is cut short still tells what it has seen.
   * May throw; the failure is then the finding. The signal fires when the time for all checks is over.
   */
  run(report: (finding: Finding) => void, signal: AbortSignal, access: KeyAccess): Promise<void>;
}

/** A finding, and which check made it. */
export type Result = Finding & { readonly check: string };

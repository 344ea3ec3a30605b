import type { Who } from '../errors.ts';

/** The doctor's answer, as far as the page shows it. */
export interface DoctorReport {
  readonly items: readonly {
    readonly check: string;
    readonly subject: string | null;
    readonly status: 'ok' | 'warn' | 'fail' | 'unknown';
    readonly sentence: string;
    readonly remedy: string | null;
    readonly who: Who | null;
  }[];
}

import type { Clock } from '../domain/clock.ts';
import { errorTable, type Who } from '../error-codes.ts';
import { type ErrorTexts, errorTextsIn } from '../errors/texts.ts';
import type { Log } from '../log.ts';

import { version } from '../version.ts';
import { runChecks } from './checks/run-checks.ts';
import type { Check, Finding, KeyAccess, Localised, Result, Status } from './checks/types.ts';

/** What `GET doctor` answers. */
export interface Report {
  /** The worst of all findings; `unknown` counts as a warning. */
  readonly status: Exclude<Status, 'unknown'>;
  /** Which build answered (src/lib/version.ts). */
  readonly version: string;
  readonly checkedAt: Date;
  readonly tookMs: number;
  readonly items: readonly Item[];
}

/**
 * Where a check ran. `app`: where the app runs, with its identity and its network, which is all that `GET doctor`
 * knows. The others come from `broker doctor`, on someone's machine: `machine`: with the settings of this machine,
 * without a running app; `azure`: in Azure and Entra, with the rights of the account that is signed in to az.
 */
export type Vantage = 'app' | 'machine' | 'azure';

/** A finding in one language. */
export interface Item {
  readonly check: string;
  readonly subject: string | null;
  readonly vantage: Vantage;
  readonly status: Status;
  readonly code: string | null;
  readonly sentence: string;
  readonly remedy: string | null;
  readonly who: Who | null;
  /** The page and section that say more, relative to the root of the repository. */
  readonly doc: string;
}

export interface Doctor {
  /** Never throws. Takes at most {@link limitMs} and a moment. */
  examine(language: keyof Localised, access: KeyAccess): Promise<Report>;
}

/** Time for all checks together: a caller gets its answer within ten seconds. */
export const limitMs = 8_000;

export function createDoctor(deps: {
  readonly clock: Clock;
  readonly log: Log;
  readonly checks: readonly Check[];
}): Doctor {
  const { clock, log, checks } = deps;
  return {
    async examine(language, access) {
      const start = clock.monotonic();
      const results = await runChecks(checks, access, { clock, log, limitMs });
      const texts = await errorTextsIn(language);
      return {
        status: worst(results),
        version,
        checkedAt: new Date(clock.now()),
        tookMs: Math.round(clock.monotonic() - start),
        items: results.map((result) => itemOf(result, 'app', language, texts)),
      };
    },
  };
}

/** Pure. */
export function worst(results: readonly Pick<Result, 'status'>[]): Report['status'] {
  if (results.some(({ status }) => status === 'fail')) return 'fail';
  return results.some(({ status }) => status !== 'ok') ? 'warn' : 'ok';
}

/** Pure. */
export function itemOf(result: Result, vantage: Vantage, language: keyof Localised, texts: ErrorTexts): Item {
  return {
    check: result.check,
    subject: result.subject ?? null,
    vantage,
    status: result.status,
    code: result.code ?? null,
    ...wordsOf(result, language, texts),
    doc: `docs/doctor.md#${result.check}`,
  };
}

/** Pure. */
export function wordsOf(
  finding: Finding,
  language: keyof Localised,
  texts: ErrorTexts,
): Pick<Item, 'sentence' | 'remedy' | 'who'> {
  if ('sentence' in finding) {
    const { sentence, remedy, who } = finding;
    return { sentence: sentence[language], remedy: remedy?.[language] ?? null, who: who ?? null };
  }
  const { code, detail, name } = finding;
  const { sentence, remedy } = texts.of(code);
  const said = language === 'en' ? detail : sentence;
  return {
    sentence: name === undefined ? said : `${name}${language === 'en' ? ': ' : '：'}${said}`,
    remedy,
    who: errorTable[code].who,
  };
}

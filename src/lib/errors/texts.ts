import { type ErrorCode, errorTable } from '../error-codes.ts';
import type { ErrorText, Who } from './entry.ts';

/** What the codes say, in one language. */
export interface ErrorTexts {
  /** BCP 47, for a lang attribute. */
  readonly tag: 'en' | 'zh-Hans';
  of(code: ErrorCode): ErrorText;
  /** The person who can act, as a reader calls that person. */
  who(who: Who): string;
}

export const englishErrorTexts: ErrorTexts = { tag: 'en', of: (code) => errorTable[code], who: (who) => who };

/** The sentences and remedies of all codes in this language. English is always there; Chinese is loaded at its first use. */
export async function errorTextsIn(language: 'en' | 'zh'): Promise<ErrorTexts> {
  if (language === 'en') return englishErrorTexts;
  const { chineseErrors, chineseWho } = await import('./zh/chinese.ts');
  return { tag: 'zh-Hans', of: (code) => chineseErrors[code], who: (who) => chineseWho[who] };
}

import { describe, expect, it } from 'vitest';
import { type ErrorCode, errorTable } from '../error-codes.ts';
import { englishErrorTexts, errorTextsIn } from './texts.ts';

describe('the texts of the error codes', async () => {
  const chinese = await errorTextsIn('zh');
  const codes = Object.keys(errorTable) as ErrorCode[];

  it.each(codes)('say %s in Chinese, too', (code) => {
    for (const text of Object.values(chinese.of(code))) {
      expect(text).toMatch(/\p{Script=Han}.*。$/u);
      // Half-width punctuation between Chinese characters is a slip of the keyboard.
      expect(text).not.toMatch(/\p{Script=Han}[,.;:?!()]\p{Script=Han}/u);
    }
  });

  // A reader types these: a setting that a translation lost, or changed, cannot be found.
  const typed =
    /[A-Z]+(?:_[A-Z]+)+|broker-root|[a-z]+\/\{id\}|(?:New|Add|Set)-[A-Z]\w+|https:\/\/\S+\w|\b\d{3}\b|az login/g;
  it.each(codes)('name in both languages of %s what a reader has to type', (code) => {
    const names = ({ sentence, remedy }: { sentence: string; remedy: string }) =>
      [...new Set(`${sentence} ${remedy}`.match(typed))].toSorted();
    expect(names(chinese.of(code))).toEqual(names(errorTable[code]));
  });

  it('name the person who can act', () => {
    expect(englishErrorTexts.who('tenant admin')).toBe('tenant admin');
    expect(chinese.who('tenant admin')).toBe('组织管理员');
  });
});

import { expect, it } from 'vitest';
import { isBlank } from './blank.ts';

it.each(['', ' ', '\r\n\t', '\u00a0\u2003', '\u200b\u200c\u200d\ufeff\u2060', '\u034f\u00ad\u3164\u2800', '\0'])(
  '%j is blank',
  (text) => {
    expect(isBlank(text)).toBe(true);
  },
);

it.each(['.', ' x ', '\u200b1', 'é', '日', '\u{1F4E7}', '-- '])('%j is not blank', (text) => {
  expect(isBlank(text)).toBe(false);
});

import { expect, it } from 'vitest';
import { SettingsError } from '../src/lib/config.ts';
import { BrokerError } from '../src/lib/errors.ts';
import { PortTaken } from './host/http.ts';
import { sentenceOf } from './sentence.ts';

it.each([
  [new Error('Dovecot is not installed.'), 'Dovecot is not installed.'],
  [new PortTaken(7071), expect.stringMatching(/^Port 7071 is taken by another program\. [^\n]+$/)],
  [
    new SettingsError([{ field: 'TENANT', message: 'is missing.' }]),
    'These settings need fixing:\n  TENANT: is missing.',
  ],
  [new BrokerError('vault_unreachable'), expect.stringMatching(/^Key Vault is not responding\. \S[^\n]+$/)],
  ['text', 'Something failed that is not an Error.'],
])('tells a foreseen fault in a sentence: %s', (error, sentence) => {
  expect(sentenceOf(error)).toEqual(sentence);
});

it('tells any other with its stack', () => {
  expect(sentenceOf(new TypeError('x is not a function'))).toMatch(/^TypeError: x is not a function\n +at /);
});

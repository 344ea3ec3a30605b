import { expect, it } from 'vitest';
import { statusField, statusIn } from './status-code.ts';

it.each([
  ['550 5.1.1 User unknown', '5.1.1'],
  ['550-5.7.26 This mail has been blocked', '5.7.26'],
  ['Sorry, no mailbox here by that name. (#5.1.1)', '5.1.1'],
  ['ERROR_CODE :550, ERROR_CODE :5.1.1 <gone@x.example>', '5.1.1'],
  ['Status: 4.4.7', '4.4.7'],
  ['It is full (552 5.2.2).', '5.2.2'],
  ['5.1.1 <gone@x.example>... User Unknown', '5.1.1'],
  ['host mx.x.example [5.1.1.9] said: 550 5.7.1 denied', '5.7.1'],
  ['host mx.x.example [4.125.133.27]: 550 User unknown', ''],
  ['host mx.x.example [104.47.5.36]: no', ''],
  ['host 5.1.1.10 said no', ''],
  ['2001:db8::5.1.2.3', ''],
  ['mx-4.5.6.x.example said no', ''],
  ['/usr/lib/program-5.1.2 failed', ''],
  ['220 x.example ESMTP MDaemon 5.2.1 ready', ''],
  ['250 2.1.5 Ok', ''],
  ['550 User unknown', ''],
  ['', ''],
])('the status in "%s" is "%s"', (text, status) => {
  expect(statusIn(text)).toBe(status);
});

it.each([
  ['5.1.1', '5.1.1'],
  ['5.0.0 (permanent failure)', '5.0.0'],
  ['2.0.0', '2.0.0'],
  ['5.1.1.9', ''],
  ['none', ''],
])('the field "%s" of a report tells "%s"', (value, status) => {
  expect(statusField(value)).toBe(status);
});

it('takes no longer for a long answer than for what is looked at of it', () => {
  expect(statusIn(`${'4.4.'.repeat(1_000_000)} 550 5.1.1`)).toBe('');
});

import { describe, expect, it } from 'vitest';
import { type Heard, understand } from './exchange.ts';

const cases: readonly [string, Heard, string, number | undefined][] = [
  [
    'a throttle with its figure',
    { stage: 'command', status: 'BAD', text: 'Request is throttled. Suggested Backoff Time: 89117 milliseconds' },
    'imap_throttled',
    89_117,
  ],
  [
    'a throttle answered with NO',
    { stage: 'command', status: 'NO', text: 'Request is throttled. Suggested Backoff Time: 299910 milliseconds' },
    'imap_throttled',
    299_910,
  ],
  [
    'a throttle at the log-in',
    {
      stage: 'login',
      status: 'NO',
      text: 'AUTHENTICATE failed. Request is throttled. Suggested Backoff Time: 1000 milliseconds',
    },
    'imap_throttled',
    1000,
  ],
  [
    'a throttle without a figure',
    { stage: 'command', status: 'BAD', text: 'Request is throttled.' },
    'imap_throttled',
    300_000,
  ],
  [
    'a throttle of ten days, cut to an hour',
    { stage: 'command', status: 'BAD', text: 'Request is throttled. Suggested Backoff Time: 864000000 milliseconds' },
    'imap_throttled',
    3_600_000,
  ],
  ['a throttle that the client library read', { stage: 'command', throttleMs: 5000 }, 'imap_throttled', 5000],
  [
    'authenticated but not connected',
    { stage: 'login', status: 'BAD', text: 'User is authenticated but not connected.' },
    'imap_not_connected',
    60_000,
  ],
  [
    'not connected, with the good-bye that follows',
    { stage: 'command', status: 'BAD', text: 'User is authenticated but not connected.', bye: 'Connection closed. 14' },
    'imap_not_connected',
    60_000,
  ],
  ['a refused token', { stage: 'login', status: 'NO', text: 'AUTHENTICATE failed.' }, 'imap_refused', undefined],
  [
    'a refused log-in of Dovecot',
    { stage: 'login', status: 'NO', responseCode: 'AUTHENTICATIONFAILED', text: 'Authentication failed.' },
    'imap_refused',
    undefined,
  ],
  ['a refusal in words nobody has seen', { stage: 'login', status: 'NO', text: 'Nope.' }, 'imap_refused', undefined],
  [
    'a temporary fault of the log-in',
    { stage: 'login', status: 'NO', responseCode: 'UNAVAILABLE', text: 'Temporary authentication failure.' },
    'imap_unreachable',
    60_000,
  ],
  [
    'an expired token in mid-session',
    { stage: 'command', bye: 'Session invalidated - AccessTokenExpired' },
    'imap_token_expired',
    0,
  ],
  [
    'an expired token and the refusal after it',
    { stage: 'command', status: 'NO', text: 'AUTHENTICATE failed.', bye: 'Session invalidated - AccessTokenExpired' },
    'imap_token_expired',
    0,
  ],
  [
    'Server Unavailable',
    { stage: 'command', status: 'NO', text: 'Server Unavailable. 15' },
    'imap_unreachable',
    60_000,
  ],
  [
    'Server Unavailable at the log-in',
    { stage: 'login', status: 'NO', text: 'Server Unavailable. 15' },
    'imap_unreachable',
    60_000,
  ],
  ['a good-bye', { stage: 'command', bye: 'Connection closed. 14' }, 'imap_unreachable', 5000],
  ['a good-bye without words', { stage: 'connect', bye: 'Server closed connection' }, 'imap_unreachable', 5000],
  ['too many connections', { stage: 'connect', bye: 'Too many connections from this IP' }, 'imap_throttled', 60_000],
  ['a BAD nobody has seen', { stage: 'command', status: 'BAD', text: 'Command Error. 12' }, 'imap_unexpected', 60_000],
  ['silence', { stage: 'connect' }, 'imap_unreachable', 5000],
];

describe('what a mail server says', () => {
  it.each(cases)('understands %s', (_, heard, code, afterMs) => {
    const error = understand(heard);
    expect(error.code).toBe(code);
    expect(error.retry?.afterMs).toBe(afterMs);
  });

  it('keeps addresses and tokens out of what goes to the log', () => {
    const token = 'dXNlcj1hZGFAY29udG9zby5leGFtcGxlAWF1dGg9QmVhcmVyIGV5SjBl';
    const error = understand({
      stage: 'login',
      status: 'NO',
      text: `AUTHENTICATE failed for ada@contoso.example ${token}`,
    });
    const told = `${error.message} ${error.cause instanceof Error ? error.cause.message : ''}`;
    expect(told).not.toContain('ada@');
    expect(told).not.toContain(token);
    expect(told).toContain('AUTHENTICATE failed');
  });
});

import { describe, expect, it } from 'vitest';
import { BrokerError } from './errors.ts';
import { consoleLog, correlated, redact } from './log.ts';

describe('redact', () => {
  it.each([
    ['an API key of ours', 'key nmb_abcdefghijkl_0123456789012345678901234567890123456789012_abcdef is wrong', 'nmb_'],
    ['a signing secret', 'secret whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'whsec_M'],
    ['a JWT', 'token eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0.c2lnbmF0dXJl', 'eyJ'],
    ['a bearer header', 'Authorization: Bearer EwBgA8l6BAAU1234567890', 'EwBg'],
    ['a basic header', 'authorization: basic dXNlcjpwYXNzd29yZA==', 'dXNl'],
    ['an authorization code in a query', 'GET /api/oauth/callback?code=0.AX0&state=abc', '0.AX0'],
    ['a client secret in a form', 'client_secret=abc~def&grant_type=refresh_token', 'abc~def'],
  ])('hides %s', (_what, text, secret) => {
    expect(redact(text)).not.toContain(secret);
    expect(redact(text)).toContain('[redacted]');
  });

  it.each(['eyJ', 'nmb_', 'Bearer ', 'code=', ' '])('is done at once with any length of %j, and cuts it', (piece) => {
    const before = performance.now();
    const text = redact(piece.repeat(200_000));
    expect(performance.now() - before).toBeLessThan(1_000);
    expect(text.length).toBeLessThan(10_000);
    expect(text).toMatch(/…$|\[redacted\]$/);
  });

  it('leaves ordinary text alone', () => {
    expect(redact('mailbox mbx_0001_abc: 3 new, state active')).toBe('mailbox mbx_0001_abc: 3 new, state active');
  });
});

describe('consoleLog', () => {
  it('writes one JSON object a line, with error code and redacted text', () => {
    const lines: string[] = [];
    const log = consoleLog((_level, line) => lines.push(line));
    log.info('poll.done', { mailboxId: 'mbx_1', count: 2 });
    log.error('poll.failed', new BrokerError('storage_unreachable', { cause: new Error('Bearer abcdefghijkl') }));
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { level: 'info', event: 'poll.done', mailboxId: 'mbx_1', count: 2 },
      {
        level: 'error',
        event: 'poll.failed',
        error: 'BrokerError',
        code: 'storage_unreachable',
        message: 'Table Storage is not responding.',
        cause: 'Error: [redacted]',
      },
    ]);
  });
});

describe('a log line within a piece of work', () => {
  const world = () => {
    const lines: unknown[] = [];
    return { lines, log: consoleLog((_level, line) => lines.push(JSON.parse(line))) };
  };

  it('carries its fields on every line, nested and asynchronous ones included', async () => {
    const { lines, log } = world();
    await correlated({ runId: 's0001.7.0' }, async () => {
      log.info('work.first');
      await new Promise((resolve) => setImmediate(resolve));
      correlated({ requestId: 'r' }, () => log.info('work.second', { count: 1 }));
    });
    log.info('work.third');
    expect(lines).toEqual([
      { level: 'info', event: 'work.first', runId: 's0001.7.0' },
      { level: 'info', event: 'work.second', runId: 's0001.7.0', requestId: 'r', count: 1 },
      { level: 'info', event: 'work.third' },
    ]);
  });

  it('is not mixed with work that runs at the same time', async () => {
    const { lines, log } = world();
    const work = (runId: string) =>
      correlated({ runId }, async () => {
        await new Promise((resolve) => setImmediate(resolve));
        log.info('work.line');
      });
    await Promise.all([work('a'), work('b')]);
    expect(lines).toEqual([
      { level: 'info', event: 'work.line', runId: 'a' },
      { level: 'info', event: 'work.line', runId: 'b' },
    ]);
  });
});

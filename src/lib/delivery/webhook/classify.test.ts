import { expect, it } from 'vitest';
import { classify } from './classify.ts';

const unauthorised = [401, 403];
const notFound = [404, 405, 410];
const busy = [429, 502, 503, 504];
const gateway = [402, 407, 408, 421, 423, 425, 499];

/** The rule, written down once more: what it does not name may be the message's fault. */
function expected(status: number): string {
  if (status >= 200 && status < 300) return 'accepted';
  if (status >= 300 && status < 400) return 'destination_redirects';
  if (unauthorised.includes(status)) return 'destination_unauthorised';
  if (notFound.includes(status)) return 'destination_not_found';
  if (busy.includes(status)) return 'destination_busy';
  if (gateway.includes(status)) return 'destination_gateway_failed';
  if (status > 500 && status < 600) return 'destination_gateway_failed';
  return 'destination_refused_message';
}

const kindOf = (reason: string): string =>
  reason === 'accepted' ? 'accepted' : reason === 'destination_refused_message' ? 'refused' : 'held';

const told = (status: number): readonly [string, string] => {
  const outcome = classify({ status, retryAfterMs: undefined });
  expect(outcome).toMatchObject({ status });
  return [outcome.kind, 'reason' in outcome ? outcome.reason : outcome.kind];
};

it.each([
  [200, 'accepted', 'accepted'],
  [204, 'accepted', 'accepted'],
  [299, 'accepted', 'accepted'],
  [301, 'held', 'destination_redirects'],
  [304, 'held', 'destination_redirects'],
  [307, 'held', 'destination_redirects'],
  [400, 'refused', 'destination_refused_message'],
  [401, 'held', 'destination_unauthorised'],
  [402, 'held', 'destination_gateway_failed'],
  [403, 'held', 'destination_unauthorised'],
  [404, 'held', 'destination_not_found'],
  [405, 'held', 'destination_not_found'],
  [406, 'refused', 'destination_refused_message'],
  [407, 'held', 'destination_gateway_failed'],
  [408, 'held', 'destination_gateway_failed'],
  [409, 'refused', 'destination_refused_message'],
  [410, 'held', 'destination_not_found'],
  [411, 'refused', 'destination_refused_message'],
  [413, 'refused', 'destination_refused_message'],
  [415, 'refused', 'destination_refused_message'],
  [418, 'refused', 'destination_refused_message'],
  [421, 'held', 'destination_gateway_failed'],
  [422, 'refused', 'destination_refused_message'],
  [423, 'held', 'destination_gateway_failed'],
  [424, 'refused', 'destination_refused_message'],
  [425, 'held', 'destination_gateway_failed'],
  [428, 'refused', 'destination_refused_message'],
  [429, 'held', 'destination_busy'],
  [431, 'refused', 'destination_refused_message'],
  [451, 'refused', 'destination_refused_message'],
  [499, 'held', 'destination_gateway_failed'],
  [500, 'refused', 'destination_refused_message'],
  [501, 'held', 'destination_gateway_failed'],
  [502, 'held', 'destination_busy'],
  [503, 'held', 'destination_busy'],
  [504, 'held', 'destination_busy'],
  [505, 'held', 'destination_gateway_failed'],
  [507, 'held', 'destination_gateway_failed'],
  [511, 'held', 'destination_gateway_failed'],
  [520, 'held', 'destination_gateway_failed'],
  [524, 'held', 'destination_gateway_failed'],
  [530, 'held', 'destination_gateway_failed'],
  [599, 'held', 'destination_gateway_failed'],
  [999, 'refused', 'destination_refused_message'],
])('status %i means %s, %s', (status, kind, reason) => {
  expect(told(status)).toEqual([kind, reason]);
});

it('judges every status by one rule', () => {
  for (let status = 100; status < 600; status += 1) {
    const reason = expected(status);
    expect([status, ...told(status)]).toEqual([status, kindOf(reason), reason]);
  }
});

it('passes on how long the destination asks to wait', () => {
  expect(classify({ status: 503, retryAfterMs: 9000 })).toMatchObject({ kind: 'held', retryAfterMs: 9000 });
  expect(classify({ status: 530, retryAfterMs: 9000 })).toMatchObject({ kind: 'held', retryAfterMs: 9000 });
  expect(classify({ status: 503, retryAfterMs: undefined })).not.toHaveProperty('retryAfterMs');
});

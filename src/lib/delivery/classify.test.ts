import { expect, it } from 'vitest';
import { classify } from './classify.ts';

it.each([
  [200, 'accepted', undefined],
  [201, 'accepted', undefined],
  [204, 'accepted', undefined],
  [299, 'accepted', undefined],
  [301, 'held', 'destination_redirects'],
  [302, 'held', 'destination_redirects'],
  [304, 'held', 'destination_redirects'],
  [307, 'held', 'destination_redirects'],
  [400, 'refused', 'destination_refused_message'],
  [401, 'held', 'destination_unauthorised'],
  [402, 'refused', 'destination_refused_message'],
  [403, 'held', 'destination_unauthorised'],
  [404, 'held', 'destination_not_found'],
  [405, 'held', 'destination_not_found'],
  [408, 'refused', 'destination_refused_message'],
  [409, 'refused', 'destination_refused_message'],
  [410, 'refused', 'destination_refused_message'],
  [413, 'refused', 'destination_refused_message'],
  [422, 'refused', 'destination_refused_message'],
  [429, 'held', 'destination_busy'],
  [500, 'refused', 'destination_refused_message'],
  [501, 'refused', 'destination_refused_message'],
  [502, 'held', 'destination_busy'],
  [503, 'held', 'destination_busy'],
  [504, 'held', 'destination_busy'],
  [599, 'refused', 'destination_refused_message'],
])('status %i means %s', (status, kind, reason) => {
  const outcome = classify({ status, retryAfterMs: undefined });
  expect(outcome).toMatchObject({ kind, status });
  expect('reason' in outcome ? outcome.reason : undefined).toBe(reason);
});

it('passes on how long the destination asks to wait', () => {
  expect(classify({ status: 503, retryAfterMs: 9000 })).toMatchObject({ kind: 'held', retryAfterMs: 9000 });
  expect(classify({ status: 503, retryAfterMs: undefined })).not.toHaveProperty('retryAfterMs');
});

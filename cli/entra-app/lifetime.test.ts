import { describe, expect, it } from 'vitest';
import { applicationPolicyForm, durationMs, endsToTry, longestLifeMs, tenantPolicyForm } from './lifetime.ts';

const day = 86_400_000;
const hour = 3_600_000;

describe('a duration of ISO 8601', () => {
  it.each([
    ['P90D', 90 * day],
    ['P4DT12H30M5S', 4 * day + 12 * hour + 30 * 60_000 + 5_000],
    ['PT36H', 36 * hour],
    ['P2W', 14 * day],
    ['P1Y', 365 * day],
    // Never longer than the shortest month.
    ['P6M', 168 * day],
    ['PT0.5S', 500],
    ['P', undefined],
    ['PT', undefined],
    ['90 days', undefined],
    ['P90D or so', undefined],
  ])('%s', (text, milliseconds) => {
    expect(durationMs(text)).toBe(milliseconds);
  });
});

describe('the life of a client secret by the policies of the tenant', () => {
  const limit = (maxLifetime: string, more = {}) => ({
    restrictionType: 'passwordLifetime',
    state: 'enabled',
    maxLifetime,
    ...more,
  });
  const tenant = (...passwordCredentials: object[]) =>
    tenantPolicyForm.parse({ isEnabled: true, applicationRestrictions: { passwordCredentials } });
  const own = (...passwordCredentials: object[]) =>
    applicationPolicyForm.parse({ isEnabled: true, restrictions: { passwordCredentials } });
  const created = Date.parse('2026-11-20T12:00:00Z');

  it.each<[string, Parameters<typeof longestLifeMs>[0], number | undefined]>([
    ['is unlimited without any', { tenant: [], application: [], createdAt: created }, undefined],
    ['is that of the default policy', { tenant: tenant(limit('P90D')), application: [], createdAt: created }, 90 * day],
    [
      "is that of the application's own policy",
      { tenant: tenant(limit('P90D')), application: own(limit('P30D')), createdAt: created },
      30 * day,
    ],
    [
      'is unlimited where its own policy spares it',
      { tenant: tenant(limit('P90D')), application: own(limit('P30D', { state: 'disabled' })), createdAt: created },
      undefined,
    ],
    [
      'is not a matter of other restrictions',
      {
        tenant: tenant({ restrictionType: 'symmetricKeyLifetime', maxLifetime: 'P1D' }),
        application: [],
        createdAt: created,
      },
      undefined,
    ],
    [
      'is unlimited for an application made before the policy counts',
      {
        tenant: tenant(limit('P90D', { restrictForAppsCreatedAfterDateTime: '2027-01-01T00:00:00Z' })),
        application: [],
        createdAt: created,
      },
      undefined,
    ],
    [
      'is limited for one made after',
      {
        tenant: tenant(limit('P90D', { restrictForAppsCreatedAfterDateTime: '2020-01-01T00:00:00Z' })),
        application: [],
        createdAt: created,
      },
      90 * day,
    ],
    [
      'is limited where nobody knows when it was made',
      {
        tenant: tenant(limit('P90D', { restrictForAppsCreatedAfterDateTime: '2027-01-01T00:00:00Z' })),
        application: [],
        createdAt: undefined,
      },
      90 * day,
    ],
  ])('%s', (_what, policies, life) => {
    expect(longestLifeMs(policies)).toBe(life);
  });

  it('is unlimited where the policy is off', () => {
    const passwordCredentials = [limit('P1D')];
    expect(tenantPolicyForm.parse({ isEnabled: false, applicationRestrictions: { passwordCredentials } })).toEqual([]);
    expect(applicationPolicyForm.parse({ restrictions: { passwordCredentials } })).toEqual([]);
  });
});

describe('the ends that are tried', () => {
  const days = (ends: readonly number[]) => ends.map((end) => Math.round((end + hour) / day));

  it('begin with the requested lifetime, and get shorter while Entra refuses without a readable reason', () => {
    expect(days(endsToTry(365, undefined, 0))).toEqual([365, 180, 90, 60, 30, 14, 7]);
    expect(days(endsToTry(20, undefined, 0))).toEqual([20, 14, 7]);
    expect(days(endsToTry(5, undefined, 0))).toEqual([5]);
  });

  it('begin with what the policy allows where that is less', () => {
    expect(days(endsToTry(180, 90 * day, 0))).toEqual([90, 60, 30, 14, 7]);
    expect(days(endsToTry(30, 90 * day, 0))).toEqual([30, 14, 7]);
  });

  it('stay an hour below, for clocks differ, and in the future', () => {
    expect(endsToTry(90, 90 * day, 1_000)[0]).toBe(1_000 + 90 * day - hour);
    expect(endsToTry(90, 60_000, 1_000)[0]).toBe(1_000 + hour);
  });
});

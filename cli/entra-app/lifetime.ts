import { z } from 'zod';
import { dayMs, hourMs } from '../../src/lib/domain/duration.ts';

/**
 * Milliseconds of an ISO 8601 duration, such as `P90D` or `P4DT12H30M5S`. A month is taken as 28 days and a year as 365,
 * so that what comes out is never too long. Undefined where it is none. Pure.
 */
export function durationMs(text: string): number | undefined {
  const form = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;
  const parts = form.exec(text);
  if (parts === null || /^PT?$/.test(text)) return undefined;
  const units = [365 * dayMs, 28 * dayMs, 7 * dayMs, dayMs, 3_600_000, 60_000, 1_000];
  return units.reduce((sum, unit, place) => sum + unit * Number(parts[place + 1] ?? 0), 0);
}

const restriction = z.object({
  restrictionType: z.string(),
  state: z.string().nullish(),
  maxLifetime: z.string().nullish(),
  /** Applications made before it are spared. */
  restrictForAppsCreatedAfterDateTime: z.string().nullish(),
});
const restrictions = z.object({ passwordCredentials: z.array(restriction).nullish() }).nullish();
type Restriction = z.infer<typeof restriction>;

/** https://learn.microsoft.com/graph/api/resources/tenantappmanagementpolicy */
export const tenantPolicyForm = z
  .object({ isEnabled: z.boolean().nullish(), applicationRestrictions: restrictions })
  .transform((policy) =>
    policy.isEnabled === true ? (policy.applicationRestrictions?.passwordCredentials ?? []) : [],
  );

/** https://learn.microsoft.com/graph/api/resources/appmanagementpolicy */
export const applicationPolicyForm = z
  .object({ isEnabled: z.boolean().nullish(), restrictions })
  .transform((policy) => (policy.isEnabled === true ? (policy.restrictions?.passwordCredentials ?? []) : []));

export interface Policies {
  readonly tenant: readonly Restriction[];
  /** Of the application itself: they take the place of the tenant's, restriction by restriction. */
  readonly application: readonly Restriction[];
  /** When the application was made, in milliseconds since 1970; undefined where that is not known. */
  readonly createdAt: number | undefined;
}

/** The longest life of a client secret that the policies allow, in milliseconds; undefined: they set no limit. Pure. */
export function longestLifeMs({ tenant, application, createdAt }: Policies): number | undefined {
  const isLifetime = ({ restrictionType }: Restriction) => restrictionType === 'passwordLifetime';
  const own = application.find(isLifetime);
  const counts = own ?? tenant.find(isLifetime);
  if (counts === undefined || counts.state === 'disabled' || counts.maxLifetime == null) return undefined;
  const from = Date.parse(counts.restrictForAppsCreatedAfterDateTime ?? '');
  if (createdAt !== undefined && !Number.isNaN(from) && createdAt < from) return undefined;
  return durationMs(counts.maxLifetime);
}

// Entra's clock and ours differ, and a life of exactly the limit may come out a moment too long.
const marginMs = hourMs;

/** Lifetimes that are tried in turn if Entra refuses a longer one and the policy cannot be read. */
const shorterDays: readonly number[] = [180, 90, 60, 30, 14, 7];

/** Ends to try, the longest life first, in milliseconds since 1970. Pure. */
export function endsToTry(days: number, longestMs: number | undefined, now: number): readonly number[] {
  const lifeMs = Math.min(days * dayMs, longestMs ?? Number.POSITIVE_INFINITY);
  const lives = [lifeMs, ...shorterDays.map((shorter) => shorter * dayMs).filter((shorter) => shorter < lifeMs)];
  return lives.map((life) => now + Math.max(life - marginMs, marginMs));
}

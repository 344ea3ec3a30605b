import { multiTenants } from '../../../src/lib/setting-defaults.ts';
import type { Audience } from '../../entra-app/interface.ts';

/** Tenant of all personal accounts (Outlook.com): https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference */
export const personalTenant = '9188040d-6c67-4c5b-b112-36a304b66dad';

type Settings = Readonly<Record<string, string>>;

export const isTenantId = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);

const allowedOf = (settings: Settings): string[] =>
  (settings.ALLOWED_TENANTS ?? '').split(/[\s,]+/).filter((item) => item !== '');

/** The tenant that holds the mailboxes, by its id or one of its domains, and who said so. */
export interface MailboxTenant {
  readonly tenant: string;
  readonly saidBy: 'option' | 'app' | 'subscription';
}

/**
 * What was asked for, else what the app has now, else the subscription's own. A TENANT that is a domain is one that the app
 * refuses; it names the tenant all the same, and the deploy writes its id. Pure.
 */
export function findMailboxTenant(option: string | undefined, settings: Settings, subscription: string): MailboxTenant {
  if (option !== undefined) return { tenant: option, saidBy: 'option' };
  const tenant = settings.TENANT?.trim() ?? '';
  const single = tenant !== '' && !multiTenants.includes(tenant) ? tenant : undefined;
  const used = single ?? allowedOf(settings).find((id) => isTenantId(id) && id !== personalTenant);
  return used === undefined ? { tenant: subscription, saidBy: 'subscription' } : { tenant: used, saidBy: 'app' };
}

/** Who may sign in with a setting TENANT; undefined where it is not set. */
export function audienceOf(tenant: string | undefined): Audience | undefined {
  if (tenant === undefined || tenant === '') return undefined;
  return tenant === 'organizations' ? 'several' : multiTenants.includes(tenant) ? 'personal' : 'single';
}

export interface TenantQuestion {
  readonly audience: Audience | undefined;
  readonly allowedTenants: string | undefined;
  /** Its id. */
  readonly mailboxTenant: string;
  readonly settings: Settings;
}

export interface TenantSettings {
  readonly audience: Audience;
  /** Setting TENANT. */
  readonly tenant: string;
  /** Setting ALLOWED_TENANTS. */
  readonly allowedTenants: string;
}

const single = (id: string): TenantSettings => ({ audience: 'single', tenant: id, allowedTenants: '' });

/**
 * TENANT and ALLOWED_TENANTS. What the app has stays word for word where the options do not say another thing: `consumers`
 * does not become `common`, which would let more people in. Pure.
 */
export function planTenant({ audience, allowedTenants, mailboxTenant, settings }: TenantQuestion): TenantSettings {
  const now = settings.TENANT?.trim() ?? '';
  const audienceNow = audienceOf(now);
  const wanted = audience ?? audienceNow ?? 'single';
  const given = allowedTenants === undefined ? {} : { allowedTenants };
  if (wanted === 'single') {
    const isTheSame = now.toLowerCase() === mailboxTenant.toLowerCase();
    return {
      ...single(mailboxTenant),
      ...(isTheSame ? { allowedTenants: allowedOf(settings).join(',') } : {}),
      ...given,
    };
  }
  const keeps = wanted === audienceNow;
  const byAudience = wanted === 'personal' ? `${mailboxTenant},${personalTenant}` : mailboxTenant;
  const kept = keeps ? allowedOf(settings).join(',') : '';
  return {
    audience: wanted,
    tenant: keeps ? now : wanted === 'several' ? 'organizations' : 'common',
    allowedTenants: kept === '' ? byAudience : kept,
    ...given,
  };
}

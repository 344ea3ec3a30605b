/** The path of an authority: the tenant it names, and the rest. */
export const tenantPath = /^\/([0-9a-f-]{36}|organizations|common|consumers)(\/.*)$/i;

/** What the app was given in a tenant. */
export interface TenantConsent {
  /** Application permissions by name, such as `IMAP.AccessAsApp`; undefined where the app has no service principal. */
  roles: readonly string[] | undefined;
  /** People may not consent to mail permissions themselves (Microsoft's default since November 2025). */
  needsAdmin: boolean;
  /** An administrator has consented for the tenant. */
  consented: boolean;
}

/** The tenants as far as they differ: what the app may do in each. */
export interface Tenants {
  of(tid: string): TenantConsent;
  /** An administrator of the tenant accepts all that the app registration lists. */
  consent(tid: string): void;
}

/** What the stand-in's app registration lists of Office 365 Exchange Online. */
export const appRoles: readonly string[] = ['IMAP.AccessAsApp', 'SMTP.SendAsApp'];

/** @param home the tenant of the app registration, where an administrator has consented from the start */
export function createTenants(home: string): Tenants {
  const known = new Map<string, TenantConsent>();
  const of = (tid: string): TenantConsent => {
    const id = tid.toLowerCase();
    const found = known.get(id) ?? { roles: id === home ? appRoles : undefined, needsAdmin: false, consented: false };
    known.set(id, found);
    return found;
  };
  return {
    of,
    consent(tid) {
      Object.assign(of(tid), { consented: true, roles: appRoles });
    },
  };
}

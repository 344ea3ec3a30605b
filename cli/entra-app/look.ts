import type { Localised } from '../../src/lib/doctor/checks/types.ts';
import { adminRole } from '../../src/lib/domain/admin-role.ts';
import { askAdministrators, planAdministrator } from './administrator.ts';
import { findApplication } from './application.ts';
import { consentMissing, mayNotSee, readConsent } from './consent.ts';
import type { Application } from './forms.ts';
import type { ApplicationState, Consent, EntraParts, WantedApplication } from './interface.ts';
import { type Publications, permissions, resolvePermissions, services } from './permissions.ts';
import { adminRoleId, planApplication } from './plan.ts';
import { planConsent } from './plan-consent.ts';
import { principalNotes, readPrincipal } from './principal.ts';
import { readTarget, type Target } from './target.ts';

/** What is there, and what differs. Changes nothing. */
export async function look(parts: EntraParts, wanted: WantedApplication): Promise<ApplicationState | undefined> {
  const found = await findApplication(parts.graph, wanted);
  const application = found.state === 'there' ? found.application : undefined;
  const clientId = application?.appId ?? wanted.clientId;
  if (clientId === undefined) return undefined;
  const principal = await readPrincipal(parts.mailboxGraph, clientId);
  // Someone else's may be registered in another tenant, and be here by its principal alone.
  if (found.state === 'none' && !(wanted.foreign && typeof principal === 'object')) return undefined;
  const target = await readTarget(parts, wanted);
  const principalId = typeof principal === 'object' ? principal.id : undefined;
  const administrators = await lookAtAdministrators(parts, principalId, application);
  return {
    clientId,
    objectId: application?.id,
    servicePrincipalId: principalId,
    opensByItself: application !== undefined && asksToOpenByItself(application, target.shape.published),
    consent: await lookAtConsent(parts, principalId, target, wanted),
    differs: [
      ...(application === undefined ? [] : planApplication(application, target.shape).map(({ sentence }) => sentence)),
      ...(principal === undefined ? [notInTenant] : []),
      ...administrators.differs,
    ],
    notes: [
      ...target.notes,
      ...(application === undefined ? [unseen(found.state)] : []),
      ...(typeof principal === 'object' ? principalNotes(principal) : []),
      ...administrators.notes,
    ],
  };
}

/** Whether the registration asks for a permission of the app itself. Pure. */
function asksToOpenByItself({ requiredResourceAccess }: Application, published: Publications): boolean {
  const wanted = permissions.filter(({ wish }) => wish === 'opensByItself');
  const ids = new Set(resolvePermissions(wanted, published).permissions.map(({ id }) => id));
  return requiredResourceAccess.some(
    ({ resourceAppId, resourceAccess }) =>
      resourceAppId === services.exchange.appId && resourceAccess.some(({ id }) => ids.has(id)),
  );
}

const notInTenant: Localised = {
  en: 'It is not yet among the enterprise applications of the tenant.',
  zh: '它尚未出现在租户的企业应用程序中。',
};

const nobodyManages: Localised = {
  en: `No one has the role ${adminRole.value}, which opens the dashboard.`,
  zh: `没有人拥有打开仪表板所需的角色 ${adminRole.value}。`,
};

/** Why the registration itself was not looked at. */
export const unseen = (state: 'there' | 'hidden' | 'none'): string =>
  state === 'hidden'
    ? 'You may not read the registration, so its redirect URIs and permissions were not checked.'
    : 'It is registered in another tenant, so its redirect URIs and permissions were not checked.';

async function lookAtAdministrators(
  { mailboxGraph }: EntraParts,
  principalId: string | undefined,
  application: Application | undefined,
) {
  if (principalId === undefined || application === undefined) return { differs: [], notes: [] };
  const plan = planAdministrator(await askAdministrators(mailboxGraph, principalId, adminRoleId(application)));
  return plan.kind === 'assign'
    ? { differs: [nobodyManages], notes: [] }
    : { differs: [], notes: plan.note === undefined ? [] : [plan.note] };
}

async function lookAtConsent(
  { mailboxGraph }: EntraParts,
  principalId: string | undefined,
  { wishes, consentFault }: Target,
  { consent, mailboxTenant }: WantedApplication,
): Promise<Consent> {
  if (consent === 'none') return { state: 'not_wanted' };
  const nobody = consentMissing({
    en: `Tenant-wide consent is missing in the tenant ${mailboxTenant}.`,
    zh: `租户 ${mailboxTenant} 中没有代表整个组织的同意。`,
  });
  if (principalId === undefined) return nobody;
  if (consentFault !== undefined) return consentMissing(consentFault);
  const there = await readConsent(mailboxGraph, principalId);
  if (there === undefined) return consentMissing(mayNotSee(mailboxTenant));
  return planConsent(there, wishes).length === 0 ? { state: 'granted' } : nobody;
}

import type { Localised } from '../../src/lib/doctor/checks/types.ts';
import { askAdministrators, assignAdministrator, planAdministrator } from './administrator.ts';
import { changeApplication, createApplication, findApplication } from './application.ts';
import { consentMissing, giveConsent } from './consent.ts';
import type { ApplicationState, Consent, EntraParts, WantedApplication } from './interface.ts';
import { unseen } from './look.ts';
import { adminRoleId } from './plan.ts';
import { createPrincipal, principalNotes, readPrincipal } from './principal.ts';
import { readTarget, type Target } from './target.ts';

/** Makes application, principal, role and consent what is wanted, as far as the person may. */
export async function ensure(parts: EntraParts, wanted: WantedApplication): Promise<ApplicationState> {
  const target = await readTarget(parts, wanted);
  const found = await findApplication(parts.graph, wanted);
  if (wanted.clientId !== undefined && (found.state === 'hidden' || (found.state === 'none' && wanted.foreign))) {
    const state = await ensureInTenant(parts, wanted, target, { clientId: wanted.clientId, roleId: undefined });
    return { ...state, objectId: undefined, notes: [...state.notes, unseen(found.state)] };
  }
  const { application, differs } =
    found.state === 'there'
      ? await changeApplication(parts.graph, found.application, target.shape)
      : await createApplication(parts, wanted, target.shape);
  const state = await ensureInTenant(parts, wanted, target, {
    clientId: application.appId,
    roleId: adminRoleId(application),
  });
  return { ...state, objectId: application.id, differs: [...differs, ...state.differs] };
}

interface Known {
  readonly clientId: string;
  /** Of the role for administrators; undefined where the registration cannot be seen. */
  readonly roleId: string | undefined;
}

/** What of it lives in the tenant that holds the mailboxes. */
async function ensureInTenant(
  parts: EntraParts,
  wanted: WantedApplication,
  target: Target,
  { clientId, roleId }: Known,
): Promise<Omit<ApplicationState, 'objectId'>> {
  const { mailboxGraph } = parts;
  const there = await readPrincipal(mailboxGraph, clientId);
  const principal = typeof there === 'object' ? there : await createPrincipal(parts, clientId, wanted);
  if (principal === undefined) {
    return {
      ...{ clientId, servicePrincipalId: undefined, opensByItself: wanted.opensByItself, notes: target.notes },
      consent: consentOf(wanted, {
        en: `You may not add the application to the tenant ${wanted.mailboxTenant}.`,
        zh: `您无权将此应用添加到租户 ${wanted.mailboxTenant}。`,
      }),
      // Consent by the link adds it as well.
      differs: [
        {
          en: "It is not yet among the tenant's enterprise applications; consenting adds it.",
          zh: '它尚未出现在租户的企业应用程序中；同意时会自动添加。',
        },
      ],
    };
  }
  const question = await askAdministrators(mailboxGraph, principal.id, roleId);
  const note = await assignAdministrator(parts, principal.id, planAdministrator(question));
  return {
    ...{ clientId, servicePrincipalId: principal.id, opensByItself: wanted.opensByItself, differs: [] },
    consent: await ensureConsent(parts, wanted, target, principal.id),
    notes: [...target.notes, ...principalNotes(principal), ...(note === undefined ? [] : [note])],
  };
}

const consentOf = ({ consent }: WantedApplication, fault: Localised): Consent =>
  consent === 'none' ? { state: 'not_wanted' } : consentMissing(fault);

async function ensureConsent(
  parts: EntraParts,
  wanted: WantedApplication,
  { wishes, consentFault }: Target,
  principalId: string,
): Promise<Consent> {
  if (wanted.consent === 'none') return { state: 'not_wanted' };
  if (consentFault !== undefined) return consentMissing(consentFault);
  return giveConsent(parts, principalId, wishes, wanted.mailboxTenant);
}

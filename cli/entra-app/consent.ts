import type { Localised } from '../../src/lib/doctor/checks/types.ts';
import type { Rest } from '../azure/rest.ts';
import { type Assignment, assignmentForm, type Grant, grantForm } from './forms.ts';
import type { Consent, EntraParts } from './interface.ts';
import { isPlaceholder, paths } from './paths.ts';
import { type ConsentChange, type ConsentWish, planConsent } from './plan-consent.ts';
import { consentRoles, namesOf } from './roles.ts';
import { isRefused, isStillSpreading, isThereAlready, spreadMs, whileSpreading } from './sentences.ts';

export const consentMissing = (sentence: Localised): Consent => ({
  state: 'missing',
  sentence,
  roles: namesOf(consentRoles),
});

export const mayNotSee = (tenant: string): Localised => ({
  en: `You may not see who consented in the tenant ${tenant}.`,
  zh: `您无权查看租户 ${tenant} 中的同意情况。`,
});

const mayNotGrant = (tenant: string): Localised => ({
  en: `You may not grant tenant-wide consent in the tenant ${tenant}.`,
  zh: `您无权在租户 ${tenant} 中代表整个组织同意。`,
});

/** What was consented to; undefined where the person may not look. */
export async function readConsent(
  graph: Rest,
  principalId: string,
): Promise<{ grants: readonly Grant[]; assignments: readonly Assignment[] } | undefined> {
  if (isPlaceholder(principalId)) return { grants: [], assignments: [] };
  try {
    const grants = await graph.list(paths.grantsOf(principalId));
    const assignments = await graph.list(paths.rolesOf(principalId));
    return {
      grants: grants.map((one) => grantForm.parse(one)),
      assignments: assignments.map((one) => assignmentForm.parse(one)),
    };
  } catch (error) {
    if (isRefused(error)) return undefined;
    // It was made a moment ago.
    if (isStillSpreading(error)) return { grants: [], assignments: [] };
    throw error;
  }
}

async function perform(
  { mailboxGraph, report }: EntraParts,
  principalId: string,
  change: ConsentChange,
): Promise<void> {
  const notYet = whileSpreading(spreadMs, report);
  if (change.kind === 'extend') {
    await mailboxGraph.send('PATCH', paths.grant(change.grantId), { body: { scope: change.scope }, notYet });
    return;
  }
  const { resourceId } = change;
  // Graph refuses a second one of the same, so that it can be sent again after an answer was lost.
  const again = { repeatable: true, notYet };
  try {
    if (change.kind === 'grant') {
      const body = { clientId: principalId, consentType: 'AllPrincipals', resourceId, scope: change.scope };
      await mailboxGraph.send('POST', paths.grants, { body, ...again });
    } else {
      const body = { principalId, resourceId, appRoleId: change.appRoleId };
      await mailboxGraph.send('POST', paths.assignedTo(resourceId), { body, ...again });
    }
  } catch (error) {
    if (!isThereAlready(error)) throw error;
  }
}

const notYetSeen = consentMissing({
  en: 'Entra does not show everywhere yet what you consented to. Run this command again.',
  zh: 'Entra 尚未在所有位置显示您的同意。请重新运行此命令。',
});
const pauseMs = 5_000;

/** Consents for the whole tenant, and reads it back until all of it is there. */
export async function giveConsent(
  parts: EntraParts,
  principalId: string,
  wishes: readonly ConsentWish[],
  tenant: string,
): Promise<Consent> {
  const { mailboxGraph, clock, report, whatIf, signal } = parts;
  const performed = new Set<string>();
  const since = clock.monotonic();
  for (;;) {
    const there = await readConsent(mailboxGraph, principalId);
    if (there === undefined) return consentMissing(mayNotSee(tenant));
    const changes = planConsent(there, wishes);
    if (changes.length === 0) return { state: 'granted' };
    const fresh = changes.filter((change) => !performed.has(JSON.stringify(change)));
    try {
      for (const change of fresh) {
        await perform(parts, principalId, change);
        performed.add(JSON.stringify(change));
      }
    } catch (error) {
      if (isRefused(error)) return consentMissing(mayNotGrant(tenant));
      if (isStillSpreading(error)) return notYetSeen;
      throw error;
    }
    if (whatIf) return { state: 'granted' };
    if (clock.monotonic() - since > spreadMs) return notYetSeen;
    if (fresh.length > 0) continue;
    report('Waiting until Entra shows the consent');
    await clock.sleep(pauseMs, signal);
  }
}

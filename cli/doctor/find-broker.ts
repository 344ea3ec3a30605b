import { ok } from '../../src/lib/doctor/checks/findings.ts';
import type { OwnFinding } from '../../src/lib/doctor/checks/types.ts';
import { known } from '../deploy/facts.ts';
import type { Run } from '../deploy/run.ts';
import type { Step, Verdict } from '../deploy/step.ts';
import { checkedArguments } from '../deploy/steps/arguments.ts';
import { choices } from '../deploy/steps/choices.ts';
import { inventory } from '../deploy/steps/inventory.ts';
import { login } from '../deploy/steps/login.ts';
import { mailboxTenantOf } from '../deploy/steps/tenant.ts';
import { azureTextZh } from './chinese/azure.ts';

/** The same steps by which the deploy finds what is there. None of them changes anything. */
const steps: readonly Step[] = [checkedArguments, login, inventory];

/**
 * Finds the broker in Azure, and puts what is known of it into the facts.
 * @param expectedUrl address of the broker that is asked about; another one must not be taken for it
 * @returns what was found about finding it; `isFound`: the other checks have something to look at
 * @throws AzureProblem
 */
export async function findBroker(
  run: Run,
  expectedUrl: string | undefined,
): Promise<{ readonly finding: OwnFinding; readonly isFound: boolean }> {
  const lost = (sentence: { en: string; zh: string }, remedy: { en: string; zh: string }) => ({
    finding: { status: 'unknown', sentence, remedy, who: 'deployment owner' } as const,
    isFound: false,
  });
  const blocked = ({ sentence, remedy }: Extract<Verdict, { state: 'blocked' }>) =>
    lost(
      { en: `Could not check. ${sentence}`, zh: `无法查看。${azureTextZh(sentence) ?? sentence}` },
      { en: remedy, zh: azureTextZh(remedy) ?? `建议（英文）：${remedy}` },
    );
  for (const step of steps) {
    const verdict = await step.check(run);
    if (verdict.state === 'blocked') return blocked(verdict);
  }
  const { group } = known(run.facts, 'scope');
  const { app, identityPrincipalId } = known(run.facts, 'existing');
  if (app === undefined) return lost(noBroker(group), otherGroup);
  run.facts.mailboxTenant = mailboxTenantOf(run).tenant;
  const chosen = await choices.check(run);
  if (chosen.state === 'blocked') return blocked(chosen);
  const { publicUrl, names, separateTables } = known(run.facts, 'choices');
  const addresses = [publicUrl, `https://${app.hostName}`].map((address) => address.toLowerCase());
  if (expectedUrl !== undefined && !addresses.includes(expectedUrl.toLowerCase())) {
    return lost(
      {
        en: `Could not check. The resource group ${group} holds the broker at ${publicUrl}, and not the one at ${expectedUrl}.`,
        zh: `无法查看。资源组 ${group} 中的代理位于 ${publicUrl}，而不是 ${expectedUrl}。`,
      },
      otherGroup,
    );
  }
  run.facts.outputs = {
    publicUrl,
    hostName: app.hostName,
    identityPrincipalId: identityPrincipalId ?? '',
    vaultName: names.vault,
    tablesName: separateTables ? names.tables : names.storage,
    outboundAddress: '',
  };
  const { user, subscriptionName } = known(run.facts, 'account');
  return {
    finding: ok({
      en: `The app ${app.name} is there; ${user} looks, in ${subscriptionName}.`,
      zh: `应用 ${app.name} 存在；以 ${user} 的身份在 ${subscriptionName} 中查看。`,
    }),
    isFound: true,
  };
}

const noBroker = (group: string) => ({
  en: `Could not check. There is no broker in the resource group ${group}.`,
  zh: `无法查看。资源组 ${group} 中没有代理。`,
});
const otherGroup = {
  en: 'Say where it is: --resource-group, --subscription, and --name where the app was not made by broker deploy. --no-azure leaves Azure out.',
  zh: '请指明位置：--resource-group、--subscription；如果应用不是由 broker deploy 创建的，还需 --name。--no-azure 则不查看 Azure。',
};

import { z } from 'zod';
import { ok } from '../../../src/lib/doctor/checks/findings.ts';
import type { Finding } from '../../../src/lib/doctor/checks/types.ts';
import { known } from '../../deploy/facts.ts';
import { groupId, paths, roles, vaultId } from '../../deploy/paths.ts';
import { bootstrapName, rootName } from '../../deploy/plan/vault-work.ts';
import type { Run } from '../../deploy/run.ts';
import { listSecrets } from '../../deploy/vault.ts';
import { deployAgain } from '../problem-finding.ts';

/** What infra/ gives the identity of the app: https://learn.microsoft.com/azure/role-based-access-control/built-in-roles */
export const appRoles = {
  blobs: { id: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b', name: 'Storage Blob Data Owner' },
  queues: { id: '974c5e8b-45b9-4653-ba55-5f855dd0fb88', name: 'Storage Queue Data Contributor' },
  tables: { id: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3', name: 'Storage Table Data Contributor' },
  telemetry: { id: '3913510d-42f4-4e42-8a64-420c390055eb', name: 'Monitoring Metrics Publisher' },
  secrets: { id: roles.keyVaultSecretsUser, name: 'Key Vault Secrets User' },
} as const;

const form = z.object({ properties: z.object({ scope: z.string(), roleDefinitionId: z.string() }) });

/** A role that someone has: of what kind, and where. */
export interface Given {
  readonly scope: string;
  readonly roleDefinitionId: string;
}

interface Needed {
  readonly role: { readonly id: string; readonly name: string };
  /** Id of the resource. */
  readonly scope: string;
}

/** The rights of the app's identity, one by one, and rights of the current person that no one should keep for long. */
export async function lookAtRoles(run: Run): Promise<readonly Finding[]> {
  const { identityPrincipalId } = known(run.facts, 'outputs');
  const { objectId } = known(run.facts, 'account');
  if (identityPrincipalId === '') return [noIdentity];
  const [app, person, needed] = await Promise.all([
    rolesOf(run, identityPrincipalId),
    rolesOf(run, objectId),
    neededRoles(run),
  ]);
  return [...judgeApp(app, needed), ...judgePerson(person)];
}

async function rolesOf(run: Run, principal: string): Promise<readonly Given[]> {
  const scope = known(run.facts, 'scope');
  // By a principal, ARM answers what it has at, above and below the scope.
  const { path, query } = paths.roleAssignments(groupId(scope), principal);
  const all = await run.ports.azure.arm(scope.subscription).list(path, { query });
  return all.map((one) => form.parse(one).properties);
}

async function neededRoles(run: Run): Promise<readonly Needed[]> {
  const scope = known(run.facts, 'scope');
  const { names, clientSecretName } = known(run.facts, 'choices');
  const { tablesName } = known(run.facts, 'outputs');
  const there = new Set((await listSecrets(run)).map(({ name }) => name));
  const read = [
    rootName,
    bootstrapName,
    ...(known(run.facts, 'credential').credential === 'secret' ? [clientSecretName] : []),
  ].filter((name) => there.has(name));
  const storage = paths.storageAccount(scope, names.storage).path;
  return [
    { role: appRoles.blobs, scope: storage },
    { role: appRoles.queues, scope: storage },
    { role: appRoles.tables, scope: paths.storageAccount(scope, tablesName).path },
    { role: appRoles.telemetry, scope: paths.insights(scope, names.app).path },
    ...read.map((name) => ({ role: appRoles.secrets, scope: `${vaultId(scope, names.vault)}/secrets/${name}` })),
  ];
}

/** Pure. */
export function judgeApp(given: readonly Given[], needed: readonly Needed[]): readonly Finding[] {
  const has = ({ role, scope }: Needed) =>
    given.some((one) => one.roleDefinitionId.endsWith(role.id) && covers(one.scope, scope));
  const missing = needed.filter((one) => !has(one));
  if (missing.length === 0) {
    return [
      ok({
        en: `The identity of the app has its ${needed.length} roles.`,
        zh: `应用的标识拥有所需的 ${needed.length} 个角色。`,
      }),
    ];
  }
  return missing.map(({ role, scope }) => {
    const what = scope.split('/').slice(-2).join('/');
    return {
      // Telemetry is for people: without it mail continues.
      status: role === appRoles.telemetry ? 'warn' : 'fail',
      subject: role.name,
      sentence: {
        en: `The identity of the app lacks this role on ${what}.`,
        zh: `应用的标识在 ${what} 上缺少此角色。`,
      },
      remedy: {
        en: `${deployAgain.en} A new role counts within ten minutes, at times within half an hour.`,
        zh: `${deployAgain.zh} 新角色在十分钟内生效，有时需要半小时。`,
      },
      who: 'deployment owner',
    };
  });
}

/** A role at a wider scope counts for all that is under it. ARM compares ids without regard to case. */
const covers = (wider: string, scope: string): boolean =>
  `${scope}/`.toLowerCase().startsWith(`${wider.replace(/\/$/, '')}/`.toLowerCase());

/** A person who holds vault and tables could open every sign-in. Pure. */
export function judgePerson(given: readonly Given[]): readonly Finding[] {
  const officer = given.find(({ roleDefinitionId }) => roleDefinitionId.endsWith(roles.keyVaultSecretsOfficer));
  if (officer === undefined) return [];
  return [
    {
      status: 'warn',
      subject: 'Key Vault Secrets Officer',
      sentence: {
        en: 'You hold this role, by which you can read every secret of the vault; the deploy holds it only while it works.',
        zh: '您拥有此角色，可读取保管库中的所有机密；部署只在运行期间持有它。',
      },
      remedy: {
        en: `Remove the assignment at ${officer.scope}, unless it was given to you for another reason; npm run deploy takes back what it left.`,
        zh: `如果不是因其他原因分配，请删除 ${officer.scope} 上的此角色；npm run deploy 会收回它遗留的角色。`,
      },
      who: 'deployment owner',
    },
  ];
}

const noIdentity: Finding = {
  status: 'fail',
  sentence: { en: 'The managed identity of the app is gone.', zh: '应用的托管标识已不存在。' },
  remedy: deployAgain,
  who: 'deployment owner',
};

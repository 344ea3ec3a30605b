import { ok } from '../../../src/lib/doctor/checks/findings.ts';
import type { Finding } from '../../../src/lib/doctor/checks/types.ts';
import { wantedApplication } from '../../deploy/application.ts';
import { entraOf } from '../../deploy/entra.ts';
import { known } from '../../deploy/facts.ts';
import type { Run } from '../../deploy/run.ts';
import type { ApplicationState, Consent } from '../../entra-app/interface.ts';
import { deployAgain } from '../problem-finding.ts';

/** The application of this deployment in Entra; undefined where there is none. @throws AzureProblem */
export async function readApplication(run: Run): Promise<ApplicationState | undefined> {
  const entra = entraOf(run);
  const wanted = wantedApplication(run);
  const found = await entra.look(wanted);
  // No setting says whether the app opens mailboxes on its own; the registration does.
  return found?.opensByItself === true && !wanted.opensByItself
    ? entra.look({ ...wanted, opensByItself: true })
    : found;
}

/** The registration: redirect URIs, permissions, roles; and whether it trusts the identity, where that proves the app. */
export async function lookAtApplication(
  run: Run,
  application: Promise<ApplicationState | undefined>,
): Promise<readonly Finding[]> {
  const found = await application;
  if (found === undefined) return [noApplication(known(run.facts, 'choices').clientId)];
  const findings = judgeApplication(found);
  if (known(run.facts, 'credential').credential !== 'federated') return findings;
  const trusts = await entraOf(run).trusts(found.clientId, {
    tenantId: known(run.facts, 'account').tenant,
    principalId: known(run.facts, 'outputs').identityPrincipalId,
    name: known(run.facts, 'choices').names.app,
  });
  return [...findings, trusts ? trusted : notTrusted];
}

/** Pure. */
export function judgeApplication({ clientId, differs }: ApplicationState): readonly Finding[] {
  if (differs.length === 0) {
    return [
      ok({
        en: `The application ${clientId} is registered as the broker needs it.`,
        zh: `应用 ${clientId} 的注册符合代理的需要。`,
      }),
    ];
  }
  return differs.map((sentence) => ({
    status: 'warn',
    sentence: {
      en: `The application ${clientId} differs: ${sentence.en}`,
      zh: `应用 ${clientId} 的注册有差异：${sentence.zh}`,
    },
    remedy: deployAgain,
    who: 'deployment owner',
  }));
}

/** Who consented, looked up and not guessed from tokens. */
export async function lookAtGrants(
  run: Run,
  application: Promise<ApplicationState | undefined>,
): Promise<readonly Finding[]> {
  const found = await application;
  if (found === undefined) return [noApplication(known(run.facts, 'choices').clientId)];
  return judgeConsent(found.consent, known(run.facts, 'choices').mailboxTenant);
}

/** Pure. */
export function judgeConsent(consent: Consent, tenant: string): readonly Finding[] {
  if (consent.state !== 'missing') {
    return [
      ok(
        {
          en: 'An administrator consented for everyone in the tenant to all that the broker requests.',
          zh: '管理员已代表租户中的所有人同意了代理请求的全部权限。',
        },
        tenant,
      ),
    ];
  }
  const roles = consent.roles.join(', ');
  return [
    {
      status: 'warn',
      subject: tenant,
      sentence: {
        en: `${consent.sentence.en} People may see "Need admin approval".`,
        zh: `${consent.sentence.zh}用户登录时可能看到“需要管理员批准”。`,
      },
      remedy: {
        en: `Someone with one of these roles must consent: ${roles}. npm run deploy does so, or creates a link to pass on.`,
        zh: `请由具有以下角色之一的人同意：${roles}。npm run deploy 会执行此操作，或生成可转交的链接。`,
      },
      who: 'tenant admin',
    },
  ];
}

const noApplication = (clientId: string | undefined): Finding => ({
  status: 'fail',
  sentence: {
    en: `There is no application ${clientId ?? ''} in the tenant, as far as you may see.`,
    zh: `在您可见的范围内，租户中没有应用 ${clientId ?? ''}。`,
  },
  remedy: {
    en: 'If it was deleted, it can be restored for 30 days (App registrations, Deleted applications). Else run npm run deploy.',
    zh: '如果它被删除，30 天内可以恢复（应用注册，已删除的应用程序）。否则请运行 npm run deploy。',
  },
  who: 'deployment owner',
});

const trusted: Finding = ok(
  { en: 'The application trusts the managed identity of the app.', zh: 'Entra 应用信任函数应用的托管标识。' },
  'federated credential',
);

const notTrusted: Finding = {
  status: 'fail',
  subject: 'federated credential',
  sentence: {
    en: 'The application does not trust the managed identity of the app, so Microsoft refuses the app.',
    zh: 'Entra 应用不信任函数应用的托管标识，因此 Microsoft 会拒绝该应用。',
  },
  remedy: deployAgain,
  who: 'deployment owner',
};

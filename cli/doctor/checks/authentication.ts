import { z } from 'zod';
import { ok } from '../../../src/lib/doctor/checks/findings.ts';
import type { Finding } from '../../../src/lib/doctor/checks/types.ts';
import { known } from '../../deploy/facts.ts';
import { paths } from '../../deploy/paths.ts';
import type { Run } from '../../deploy/run.ts';
import { deployAgain } from '../problem-finding.ts';

// WebApps_GetAuthSettingsV2WithoutSecrets: the platform is left out where it was never set.
const authentication = z.object({
  properties: z.object({ platform: z.object({ enabled: z.boolean().nullish() }).nullish() }).nullish(),
});
// WebApps_GetFtpAllowed, WebApps_GetScmAllowed: allowed unless someone forbade it.
const password = z.object({ properties: z.object({ allow: z.boolean().nullish() }).nullish() });

const doors = ['ftp', 'scm'] as const;
type Door = (typeof doors)[number];

/** What lets callers in, or keeps them out, in front of the broker: App Service authentication, and publishing by password. */
export async function lookAtAuthentication(run: Run): Promise<readonly Finding[]> {
  const scope = known(run.facts, 'scope');
  const { app } = known(run.facts, 'choices').names;
  const arm = run.ports.azure.arm(scope.subscription);
  const read = ({ path, query }: ReturnType<typeof paths.site>) => arm.get(path, { query });
  const [auth, ...allowed] = await Promise.all([
    read(paths.authentication(scope, app)).then(
      (body) => authentication.parse(body ?? {}).properties?.platform?.enabled === true,
    ),
    ...doors.map(async (door) => ({
      door,
      allow: password.parse((await read(paths.publishingPassword(scope, app, door))) ?? {}).properties?.allow !== false,
    })),
  ]);
  return [
    judgeAuthentication(auth),
    ...allowed.map(({ door, allow }) => judgePassword(door, allow, { ...scope, app })),
  ];
}

/** Pure. */
export function judgeAuthentication(isOn: boolean): Finding {
  if (!isOn) {
    return ok(
      { en: 'App Service authentication is off.', zh: '应用服务身份验证已关闭。' },
      'App Service authentication',
    );
  }
  return {
    status: 'fail',
    subject: 'App Service authentication',
    sentence: {
      en: 'App Service authentication is on: it answers NocoBase and people before the broker can.',
      zh: '应用服务身份验证已启用：它会在代理之前应答 NocoBase 和用户。',
    },
    remedy: deployAgain,
    who: 'deployment owner',
  };
}

/** Pure. */
export function judgePassword(
  door: Door,
  isAllowed: boolean,
  { group, app }: { readonly group: string; readonly app: string },
): Finding {
  const subject = `basic authentication of ${door}`;
  if (!isAllowed) return ok({ en: 'Publishing by password is off.', zh: '已禁止使用密码发布。' }, subject);
  const command = `az resource update --resource-group ${group} --namespace Microsoft.Web --resource-type basicPublishingCredentialsPolicies --name ${door} --parent sites/${app} --set properties.allow=false`;
  return {
    status: 'warn',
    subject,
    sentence: {
      en: `Whoever has the password of the publishing profile can replace the app (${door}).`,
      zh: `拥有发布配置文件密码的人可以替换应用（${door}）。`,
    },
    remedy: { en: `${deployAgain.en} Or: ${command}`, zh: `${deployAgain.zh} 或者：${command}` },
    who: 'deployment owner',
  };
}

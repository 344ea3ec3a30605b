import type { Localised, OwnFinding } from '../../src/lib/doctor/checks/types.ts';
import type { AzureProblem } from '../azure/problem.ts';

/** The most common obstacles, in Chinese; the rest is given in Azure's own words. */
const chinese: Readonly<Record<string, { readonly sentence: string; readonly remedy: string }>> = {
  az_missing: {
    sentence: '未安装 Azure CLI，或 PATH 中没有它。',
    remedy: '请安装 Azure CLI（https://learn.microsoft.com/cli/azure/install-azure-cli），或使用 Azure Cloud Shell。',
  },
  not_logged_in: { sentence: '尚未登录 Azure，或登录已过期。', remedy: '请运行 az login，然后重新运行此命令。' },
  mfa_required: {
    sentence: 'Microsoft 要求再次验证身份（MFA）。',
    remedy: '请重新运行 az login，然后重新运行此命令。',
  },
  forbidden: { sentence: '缺少查看所需的权限。', remedy: '请获取下方所列的权限，然后重新运行此命令。' },
  wrong_tenant: { sentence: '已登录的帐户看不到此订阅。', remedy: '请运行 az login --tenant 租户。' },
  unreachable: { sentence: '无法连接 Azure。', remedy: '请检查网络和代理，然后重新运行此命令。' },
  azure_down: { sentence: 'Azure 自身出错。', remedy: '请查看 https://status.azure.com，稍后重试。' },
};

/** The check could not run: what Azure, Entra or az said. It says nothing about whether the thing works. */
export function couldNotLook({ code, message, remedy, facts }: AzureProblem): OwnFinding {
  const said = facts.said === undefined || code !== 'forbidden' ? '' : ` ${facts.said}`;
  const known = chinese[code];
  return {
    status: 'unknown',
    code,
    sentence: {
      en: `Could not check. ${message}${said}`,
      zh: `无法查看。${known?.sentence ?? message}${said}`,
    },
    remedy: { en: remedy, zh: known?.remedy ?? `Azure 的建议（英文）：${remedy}` },
    who: 'deployment owner',
  };
}

/** The deploy repairs it. */
export const deployAgain: Localised = {
  en: 'Run npm run deploy: it changes what differs, and nothing else.',
  zh: '请运行 npm run deploy：它只修改有差异的部分。',
};

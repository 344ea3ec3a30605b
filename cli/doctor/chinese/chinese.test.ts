import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readConfig, SettingsError } from '../../../src/lib/config.ts';
import { problemOf, rows } from '../../azure/sentences.ts';
import type { DeployOptions } from '../../deploy/options.ts';
import { nameFault } from '../../deploy/plan/names.ts';
import { argumentFaults } from '../../deploy/steps/arguments.ts';
import { judgeSettings } from '../checks/app-settings.ts';
import { couldNotLook } from '../problem-finding.ts';
import { azureTextZh } from './azure.ts';
import { settingFaultZh } from './settings.ts';
import { createTranslation } from './translate.ts';

const han = /\p{Script=Han}/u;
/** Words of English prose that no name, option or command consists of. */
const english = /\b(?:the|and|with|this|that|which|from|its|of|is|are|has|not|write|set|remove)\b/i;

/** The texts in quotes of a source file from `from` to `until`, what is put into them replaced by a name. */
function textsOf(file: string, from = '', until = '\u0000'): string[] {
  const source = readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');
  const [part = ''] = source.slice(source.indexOf(from)).split(until);
  const code = part.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const quoted = /'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g;
  return [...code.matchAll(quoted)].map(([, one, two, three]) =>
    (one ?? two ?? three ?? '').replace(/\$\{[^}]*\}/g, 'NAME'),
  );
}

const settingTexts = ['src/lib/config.ts', 'src/lib/setting-faults.ts', 'src/lib/setting-url.ts']
  .flatMap((file) => textsOf(file))
  .filter((text) => /^(?:is|has|contains|names|takes|says|must|Set) \S/.test(text))
  // The sentence that is put in is in the list, too.
  .map((text) => text.replace(/\. NAME$/, '.'));

const azureTexts = [
  ...rows.flatMap(({ sentence, remedy }) => [sentence, remedy]),
  problemOf({ text: 'something new' }).message,
  problemOf({ text: 'something new' }).remedy,
  ...[
    ...['azure', 'tokens', 'az'].flatMap((name) => textsOf(`cli/azure/${name}.ts`)),
    ...textsOf('cli/azure/rest.ts', 'function lostAnswer'),
    ...['steps/login', 'steps/choices', 'plan/choose', 'plan/credential'].flatMap((name) =>
      textsOf(`cli/deploy/${name}.ts`),
    ),
    ...textsOf('cli/entra-app/paths.ts'),
    ...textsOf('cli/commands/run-deploy.ts', 'new AzureProblem', ');'),
  ].filter((text) => /^[A-Za-z].* .*\.$|^.* .*\(docs\/admin\.md\)\.$/.test(text)),
];

describe('the fault of a setting', () => {
  it('is looked for in the sources in which it is written', () => {
    expect(settingTexts.length).toBeGreaterThanOrEqual(50);
  });

  it.each(settingTexts)('has a Chinese text: %s', (text) => {
    expect(settingFaultZh(text)).not.toContain('英文');
    expect(settingFaultZh(text)).toMatch(han);
  });

  it('is told in Chinese for each setting, without a word of English', () => {
    const broken = {
      ...{ PUBLIC_URL: 'ftp://x', CLIENT_ID: 'x', TENANT: 'x y', KEY_VAULT_URL: 'http://vault', TOKEN_ENDPOINT: 'yes' },
      ...{ IMAP_PORT: '0', SMTP_PORT: 'x', POLL_INTERVAL: '9999', WARM_SESSIONS: '-', ATTACHMENT_LINK_HOURS: '0' },
      ...{ IMAP_HOST: 'a:1', RETURN_ORIGINS: 'https://a/b', PRIVATE_DESTINATIONS: 'a', GRAPH_PERMISSIONS: 'x' },
    };
    const findings = judgeSettings(broken, 'app').filter(
      (one) => 'sentence' in one && one.sentence.en.includes('start'),
    );
    expect(findings.length).toBeGreaterThanOrEqual(Object.keys(broken).length);
    for (const finding of findings) {
      const zh = 'sentence' in finding ? finding.sentence.zh : '';
      expect(zh).toMatch(/^应用无法启动：该设置\p{Script=Han}/u);
      expect(zh.replace(/https?:\S+|Mail\.\S+|func start|npm start/g, '')).not.toMatch(english);
    }
  });

  it('keeps what a reader has to type', () => {
    const messages = (environment: Record<string, string>): readonly string[] => {
      try {
        readConfig(environment);
        return [];
      } catch (error) {
        if (!(error instanceof SettingsError)) throw error;
        return error.faults.map(({ field, message }) => `${field}: ${settingFaultZh(message)}`);
      }
    };
    expect(messages({ TENANT: 'common', IMAP_HOST: 'mail:993', WARM_SESSIONS: '9000' })).toMatchInlineSnapshot(`
      [
        "PUBLIC_URL: 缺失。请填写浏览器访问此应用的地址，不含 /api。",
        "CLIENT_ID: 缺失。请填写应用注册的应用程序（客户端）ID。",
        "KEY_VAULT_URL: 缺失。请填写保管库的地址，例如 https://NAME.vault.azure.net",
        "IMAP_HOST: 含有端口。请只填写主机名，并将端口填入 IMAP_PORT。",
        "WARM_SESSIONS: 不在 0 到 5000 之间（会话数）。",
        "ALLOWED_TENANTS: 缺失，而 TENANT=common 允许任何人登录。请列出允许连接的租户 ID，或填写 * 以允许所有租户。",
        "TABLES_URL: 缺失。请填写表存储的地址，例如 https://NAME.table.core.windows.net",
      ]
    `);
  });
});

describe('what Azure and the first steps of the deploy say', () => {
  it('is looked for in the sources in which it is written', () => {
    expect(azureTexts.length).toBeGreaterThanOrEqual(65);
  });

  it.each(azureTexts)('has a Chinese text: %s', (text) => {
    const zh = azureTextZh(text);
    expect(zh).toMatch(han);
    expect(zh).toMatch(/。$/);
  });

  it('is told in Chinese for each option and name that cannot be', () => {
    const options = {
      ...{ resourceGroup: 'a.', name: 'A', vaultName: '1', storageName: 'A', location: '1', mailboxTenant: '-' },
      ...{ clientId: 'x', networkPrefix: 'x', alertEmail: 'x', publicUrl: 'http://x', allowedTenants: 'x' },
    } as Partial<DeployOptions> as DeployOptions;
    const faults = [...argumentFaults(options), nameFault('tables', 'A') ?? ''];
    expect(faults).toHaveLength(12);
    for (const fault of faults) expect(azureTextZh(fault)).toMatch(/\p{Script=Han}.*。$/u);
    // All of them in one finding.
    expect(azureTextZh(faults.join(' '))).toBe(faults.map(azureTextZh).join(''));
  });

  it('is a finding of the doctor in Chinese, with what Azure itself said of a right that is missing', () => {
    const finding = couldNotLook(problemOf({ text: 'no role on X', azureCode: 'AuthorizationFailed' }));
    expect(finding.sentence.zh).toBe('无法查看。缺少查看所需的权限。 no role on X');
    expect(finding.remedy?.zh).toBe('下方的文字中有其名称。请获取相应的角色，然后重新运行此命令。');
  });
});

it('translates no text of which one sentence is unknown, and keeps names as they are', () => {
  const translate = createTranslation([
    ['The app {} is {}.', '应用 {1} {2}。'],
    ['late', '迟到'],
  ]);
  expect(translate('The app x.y is late.')).toBe('应用 x.y 迟到。');
  expect(translate('The app x is $&.')).toBe('应用 x $&。');
  expect(translate('The app x is late. Something else.')).toBeUndefined();
});

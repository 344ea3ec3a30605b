import { readConfig, SettingsError } from '../../../src/lib/config.ts';
import { ok } from '../../../src/lib/doctor/checks/findings.ts';
import type { Finding } from '../../../src/lib/doctor/checks/types.ts';
import { known } from '../../deploy/facts.ts';
import { ownSettings, refusedSettings } from '../../deploy/plan/settings.ts';
import type { Run } from '../../deploy/run.ts';
import { settingFaultZh } from '../chinese/settings.ts';
import { deployAgain } from '../problem-finding.ts';

/** The app settings as Azure holds them, also of an app that does not start for their sake. */
export async function lookAtSettings(run: Run): Promise<readonly Finding[]> {
  const { settings } = known(run.facts, 'existing');
  return judgeSettings(settings, known(run.facts, 'choices').names.app);
}

/** Names settings, and never what they hold. Pure. */
export function judgeSettings(settings: Readonly<Record<string, string>>, app: string): readonly Finding[] {
  const given = new Map(Object.entries(settings).map(([name, value]) => [name.toLowerCase(), value]));
  const isSet = (name: string) => (given.get(name.toLowerCase()) ?? '') !== '';
  const findings = [
    ...refusedSettings.filter(isSet).map(refused),
    // Some may be empty; a setting that the template writes and that is not there at all was taken away.
    ...ownSettings.filter((name) => !given.has(name.toLowerCase())).map(missing),
    ...faultsOf(settings, app),
  ];
  return findings.length > 0 ? findings : [ok({ en: 'All app settings are valid.', zh: '所有应用设置均有效。' })];
}

/** What the app itself would find, read in the place where it runs. */
function faultsOf(settings: Readonly<Record<string, string>>, app: string): Finding[] {
  try {
    readConfig({ ...settings, WEBSITE_SITE_NAME: app });
    return [];
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    // A setting that has to be removed is reported once.
    return error.faults
      .filter(({ field }) => !refusedSettings.includes(field))
      .map(({ field, message }) => fault(field, message));
  }
}

const fault = (subject: string, message: string): Finding => ({
  status: 'fail',
  subject,
  sentence: {
    en: `The app does not start: the setting ${message}`,
    zh: `应用无法启动：该设置${settingFaultZh(message)}`,
  },
  remedy: {
    en: 'Correct it under Environment variables of the Function App; docs/admin.md lists the settings.',
    zh: '请在函数应用的“环境变量”中更正；设置见 docs/admin.zh.md。',
  },
  who: 'deployment owner',
});

const isConnectionString = (name: string) => name === 'AzureWebJobsStorage' || name === 'TABLES_CONNECTION_STRING';

const refused = (subject: string): Finding => ({
  status: isConnectionString(subject) ? 'fail' : 'warn',
  subject,
  sentence: isConnectionString(subject)
    ? {
        en: 'It is a connection string, although the app signs in to storage with its identity.',
        zh: '它保存了连接字符串，而应用使用托管标识访问存储。',
      }
    : { en: 'It is set, but Flex Consumption does not support it.', zh: '已设置，但 Flex Consumption 不接受它。' },
  remedy: {
    en: 'Remove it from the app settings; npm run deploy does so.',
    zh: '请从应用设置中删除；npm run deploy 会执行此操作。',
  },
  who: 'deployment owner',
});

const missing = (subject: string): Finding => ({
  status: 'fail',
  subject,
  sentence: { en: 'It is missing from the app settings.', zh: '应用设置中缺少它。' },
  remedy: deployAgain,
  who: 'deployment owner',
});

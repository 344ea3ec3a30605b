import { SettingsError } from '../../src/lib/config.ts';
import type { Localised } from '../../src/lib/doctor/checks/types.ts';
import type { Item } from '../../src/lib/doctor/doctor.ts';
import type { CommandIo } from '../command.ts';
import { composeBroker } from '../compose.ts';
import { settingFaultZh } from './chinese/settings.ts';
import type { AppAnswer } from './look-through-app.ts';

/**
 * The app's own checks without an app that runs: with local.settings.json and the environment, in this process and
 * through the network of this machine. Settings that do not hold are findings, each by its name.
 */
export async function lookFromHere(io: CommandIo, language: keyof Localised): Promise<AppAnswer> {
  try {
    const broker = await composeBroker(io);
    const access = { isLimited: false, mailbox: () => true, destination: () => true };
    const { items, ...report } = await broker.doctor.examine(language, access);
    return { report, items: items.map((item) => ({ ...item, vantage: 'machine' as const })) };
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return { report: undefined, items: error.faults.map(({ field, message }) => broken(field, message, language)) };
  }
}

const broken = (subject: string, message: string, language: keyof Localised): Item => ({
  check: 'settings',
  subject,
  vantage: 'machine',
  status: 'fail',
  code: 'settings_broken',
  sentence: language === 'en' ? `The setting ${message}` : `该设置${settingFaultZh(message)}`,
  remedy:
    language === 'en'
      ? 'Correct it in local.settings.json; local.settings.json.example explains each.'
      : '请在 local.settings.json 中更正；local.settings.json.example 对每一项都有说明。',
  who: 'deployment owner',
  doc: 'docs/doctor.md#settings',
});

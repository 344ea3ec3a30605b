import type { Localised, OwnFinding } from '../../src/lib/doctor/checks/types.ts';
import type { AzureProblem } from '../azure/problem.ts';
import { azureTextZh } from './chinese/azure.ts';

/** The check could not run: what Azure, Entra or az said. It says nothing about whether the thing works. */
export function couldNotLook({ code, message, remedy, facts }: AzureProblem): OwnFinding {
  const said = facts.said === undefined || code !== 'forbidden' ? '' : ` ${facts.said}`;
  return {
    status: 'unknown',
    code,
    sentence: {
      en: `Could not check. ${message}${said}`,
      zh: `无法查看。${azureTextZh(message) ?? message}${said}`,
    },
    remedy: { en: remedy, zh: azureTextZh(remedy) ?? `建议（英文）：${remedy}` },
    who: 'deployment owner',
  };
}

/** The deploy repairs it. */
export const deployAgain: Localised = {
  en: 'Run npm run deploy: it changes what differs, and nothing else.',
  zh: '请运行 npm run deploy：它只修改有差异的部分。',
};

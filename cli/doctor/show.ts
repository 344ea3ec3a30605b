import { styleText } from 'node:util';
import type { Localised } from '../../src/lib/doctor/checks/types.ts';
import type { Item } from '../../src/lib/doctor/doctor.ts';
import type { Who } from '../../src/lib/errors.ts';
import { tableLines } from '../show/table.ts';

const colours = { ok: 'green', warn: 'yellow', fail: 'red', unknown: 'yellow' } as const;

const heads: Readonly<Record<keyof Localised, readonly string[]>> = {
  en: ['state', 'seen from', 'check', 'what was found'],
  zh: ['状态', '来源', '检查', '结果'],
};

const vantages: Readonly<Record<keyof Localised, Readonly<Record<Item['vantage'], string>>>> = {
  en: { app: 'the app', machine: 'this machine', azure: 'Azure' },
  zh: { app: '应用', machine: '本机', azure: 'Azure' },
};

const persons: Readonly<Record<keyof Localised, Readonly<Record<Who, string>>>> = {
  en: {
    caller: 'caller',
    'mailbox owner': 'mailbox owner',
    'tenant admin': 'tenant admin',
    'deployment owner': 'deployment owner',
    nobody: 'nobody',
  },
  zh: {
    caller: '调用方',
    'mailbox owner': '邮箱所有者',
    'tenant admin': '租户管理员',
    'deployment owner': '部署负责人',
    nobody: '无需处理',
  },
};

/** Findings as a table, and below it the remedy of each that is not well. Colours are for a terminal only. */
export function doctorLines(items: readonly Item[], language: keyof Localised, isTerminal: boolean): string[] {
  const table = tableLines(
    heads[language],
    items.map(({ status, vantage, check, subject, sentence }) => [
      status,
      vantages[language][vantage],
      subject === null ? check : `${check} ${subject}`,
      sentence,
    ]),
  );
  return [
    ...table.map((line, index) => coloured(line, index === 0 ? undefined : items[index - 1]?.status, isTerminal)),
    ...items.flatMap(({ status, check, subject, remedy, who, doc }) =>
      status === 'ok' || remedy === null
        ? []
        : [
            '',
            `${subject === null ? check : `${check} ${subject}`} (${persons[language][who ?? 'nobody']}): ${remedy}`,
            `  ${doc}`,
          ],
    ),
  ];
}

const coloured = (line: string, status: Item['status'] | undefined, isTerminal: boolean): string =>
  status === undefined || !isTerminal ? line : styleText(colours[status], line);

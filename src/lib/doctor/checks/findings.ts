import type { BrokerError } from '../../errors.ts';
import { toBrokerError } from '../../http/problem.ts';
import type { CodedFinding, Finding, Localised, OwnFinding } from './types.ts';

/** All is well. */
export const ok = (sentence: Localised, subject?: string): OwnFinding => ({
  status: 'ok',
  sentence,
  ...about(subject),
});

/**
 * What an error says about the thing that was looked at: the sentence, remedy and person of its code. Of an error that
 * has none, nothing is known but that the check itself failed.
 */
export function failure(error: unknown, subject?: string): Finding {
  const known = toBrokerError(error);
  if (known.code === 'internal_error') {
    return {
      status: 'unknown',
      code: known.code,
      sentence: {
        en: 'This could not be checked: the check itself failed.',
        zh: '无法检查：检查过程本身出错。',
      },
      remedy: {
        en: 'Look for doctor.check_failed in the log.',
        zh: '请在日志中查找 doctor.check_failed。',
      },
      who: 'deployment owner',
      ...about(subject),
    };
  }
  return coded(known, subject);
}

/** A failure in the words of its code. */
export const coded = ({ code, message }: BrokerError, subject?: string): CodedFinding => ({
  status: 'fail',
  code,
  detail: message,
  ...about(subject),
});

/** The check did not end in time. */
export function notAnswered(limitMs: number): OwnFinding {
  const seconds = Math.round(limitMs / 1000);
  return {
    status: 'unknown',
    sentence: {
      en: `No answer within ${seconds} seconds; anything not listed here was not checked.`,
      zh: `${seconds} 秒内没有应答；未列出的部分尚未检查。`,
    },
    remedy: {
      en: 'Run the doctor again. If the problem persists, the service that this check calls is slow or cannot be reached.',
      zh: '请重新运行检查。如果仍然如此，说明此处访问的服务很慢或无法连接。',
    },
    who: 'deployment owner',
  };
}

const about = (subject: string | undefined) => (subject === undefined ? {} : { subject });

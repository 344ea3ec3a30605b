import type { ErrorCode } from '../../error-codes.ts';
import type { ErrorText, Who } from '../entry.ts';
import { deploymentErrorsZh } from './deployment.ts';
import { destinationErrorsZh } from './destinations.ts';
import { mailErrorsZh } from './mail.ts';
import { microsoftErrorsZh } from './microsoft.ts';
import { requestErrorsZh } from './requests.ts';
import { sendingErrorsZh } from './sending.ts';
import { signInErrorsZh } from './sign-in.ts';
import { submissionErrorsZh } from './submissions.ts';

// Loaded at first use: most answers are English, and a start should not parse these. Only texts may be imported here,
// since anything else would be in the app twice.

/** Every code in Chinese. A code that has none does not compile. */
export const chineseErrors: Readonly<Record<ErrorCode, ErrorText>> = {
  ...requestErrorsZh,
  ...destinationErrorsZh,
  ...deploymentErrorsZh,
  ...signInErrorsZh,
  ...microsoftErrorsZh,
  ...mailErrorsZh,
  ...sendingErrorsZh,
  ...submissionErrorsZh,
};

export const chineseWho: Readonly<Record<Who, string>> = {
  caller: '调用方',
  'mailbox owner': '邮箱所有者',
  'tenant admin': '组织管理员',
  'deployment owner': '部署负责人',
  nobody: '无需处理',
};

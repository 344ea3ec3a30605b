import type { ErrorText } from '../entry.ts';
import type { submissionErrors } from '../submissions.ts';

/** {@link submissionErrors} in Chinese. */
export const submissionErrorsZh = {
  idempotency_key_reused: {
    sentence: '此 Idempotency-Key 已用于另一封邮件。',
    remedy: '请原样重复第一次的请求，或为新邮件使用新的键。',
  },
  submission_marked: {
    sentence: '这封邮件已无法取消：它正在发送，或提交已经结束。',
    remedy: '请读取该提交记录，查看结果。',
  },
  submission_not_unknown: {
    sentence: '只有无法确定是否已发出的邮件才能重新发送或标记结果。',
    remedy: '请读取该提交记录；如果它已失败，请发送新邮件。',
  },
  submission_not_kept: {
    sentence: '邮件已发出但被退回，其内容未被保留：发出时已删除。',
    remedy:
      '如果 resendable 为 true，请在限制解除后用新的 Idempotency-Key 发送同样的请求；否则请先检查 refused 中的地址。',
  },
  submission_unknown: {
    sentence: '邮件已提交，但没有收到响应，“已发送”文件夹中也没有副本，因此无法确定是否已发出。',
    remedy:
      '请询问收件人后再决定：POST submissions/{id}/resend 重新发送同一封邮件，POST submissions/{id}/settle 记录查明的结果。',
  },
  submission_unsettled: {
    sentence: '邮件已提交但没有收到响应；代理正在“已发送”文件夹中查找其副本。',
    remedy: '请等待；约 20 分钟后仍没有副本时，该提交的状态会变为 unknown。',
  },
  submission_settled_failed: {
    sentence: '已查明这封邮件没有发出，并将其标记为失败。',
    remedy: '请作为新邮件发送。',
  },
  submission_expired: {
    sentence: '邮件未能在截止时间之前发出。',
    remedy: '请查看它在等待什么，解决后作为新邮件发送。',
  },
  submission_content_gone: {
    sentence: '存储的邮件已不存在。',
    remedy: '请作为新邮件发送。',
  },
  submission_bounced: {
    sentence: '邮件已被接受，但邮件服务器随后报告无法投递。',
    remedy: '请检查地址；服务器的说明附在每个收件人之后。',
  },
  submission_pace: {
    sentence: '此帐户已达到每分钟的发送上限。',
    remedy: '请等待；代理会自动继续。',
  },
  submission_quota: {
    sentence: '此帐户或其组织已达到 Exchange 的发送限制。',
    remedy: '请等待限制解除，最长需要一天；请减少发送，或使用多个帐户发送。',
  },
  submission_no_way: {
    sentence: '此邮箱没有可用的发送方式。',
    remedy:
      '请为该邮箱启用 SMTP AUTH（Set-CASMailbox -SmtpClientAuthenticationDisabled $false），或授予应用 Mail.Send 权限。',
  },
  mark_unsupported: {
    sentence: '邮件服务器在此文件夹中不保存这种标记，因此原邮件未被标为已回复或已转发。',
    remedy: '无需处理：邮件已发出。通过 IMAP，Exchange 不保存已转发标记。',
  },
  mailbox_paused: {
    sentence: '此邮箱已暂停。',
    remedy: '请恢复：PATCH mailboxes/{id}，paused 设为 false。',
  },
  mailbox_removed: {
    sentence: '邮箱在邮件发出之前已被移除。',
    remedy: '请用其他邮箱发送，或重新连接此邮箱。',
  },
} as const satisfies Record<keyof typeof submissionErrors, ErrorText>;

import type { ErrorText } from '../entry.ts';
import type { sendingErrors } from '../sending.ts';

/** {@link sendingErrors} in Chinese. */
export const sendingErrorsZh = {
  sender_not_own: {
    sentence: 'from 中的地址不属于此邮箱。',
    remedy: '请省略 from，或使用此邮箱的某个地址。',
  },
  recipient_suppressed: {
    sentence: '有收件人在此邮箱的禁发列表中。',
    remedy:
      '请去掉 fields 中列出的收件人；如果对方愿意接收，请将其移出列表（DELETE mailboxes/{id}/suppressions?address=…）。',
  },
  mail_too_large: {
    sentence: '生成的邮件超过了大小上限。',
    remedy: '请减少附件或使用较小的附件，或改为发送链接。',
  },
  attachment_source_refused: {
    sentence: '代理不从此地址获取文件。',
    remedy: '请提供此邮箱投递目标所在 NocoBase 中文件的地址；其他文件请以 content 或 multipart/form-data 发送。',
  },
  attachment_source_failed: {
    sentence: 'NocoBase 没有提供要附加的文件。',
    remedy: '请检查该地址，以及目标的 API 密钥所属用户是否有权读取该文件，然后重试。',
  },
  attachment_missing: {
    sentence: '该邮件中没有与此 part 对应的附件。',
    remedy: '请使用同一封邮件的 messageRef 和 part，见其事件或 GET 结果。',
  },
  not_an_invitation: {
    sentence: '该邮件不是此邮箱可以答复的会议邀请。',
    remedy: "请答复 calendar.means 为 'invited' 的邮件，且此邮箱本身不是组织者。",
  },
  upload_gone: {
    sentence: '没有与此 uploadId 对应的已上传文件：上传的文件只保留一天，且只供其所属邮箱使用。',
    remedy: '请重新上传文件（POST mailboxes/{id}/uploads），并使用新的 uploadId。',
  },
  smtp_unreachable: {
    sentence: '无法连接发信服务器，或服务器在收到邮件之前中断了连接。',
    remedy: '邮件没有发出；代理会自动重试。',
  },
  smtp_disabled_tenant: {
    sentence: '组织已禁用通过 SMTP 发送。',
    remedy:
      '请为此邮箱启用（优先于组织的设置）：Set-CASMailbox -Identity 地址 -SmtpClientAuthenticationDisabled $false。',
  },
  smtp_disabled_mailbox: {
    sentence: '此邮箱已禁用通过 SMTP 发送。',
    remedy:
      '请启用：Set-CASMailbox -Identity 地址 -SmtpClientAuthenticationDisabled $false。Outlook.com 个人邮箱没有此开关。',
  },
  smtp_sign_in_refused: {
    sentence: '发信服务器拒绝此邮箱的登录。',
    remedy: '请检查是否已授予 SMTP.Send 权限，以及登录的人是否可以用此邮箱发送。',
  },
  send_throttled: {
    sentence: '发信服务器正在限制此帐户的发送频率。',
    remedy: '邮件没有发出；代理会等待后重试。如果问题持续存在，请检查还有哪些程序在用此帐户发送。',
  },
  send_as_denied: {
    sentence: '此帐户无权以 From 中的地址发送。',
    remedy: '请授予权限：Add-RecipientPermission 地址 -Trustee 用户 -AccessRights SendAs。',
  },
  sender_blocked: {
    sentence: '由于此帐户发送的邮件疑似垃圾邮件，Microsoft 已禁止其发送。',
    remedy: '请查明发送了什么，保护好该帐户，并在 Microsoft Defender 的“受限制的实体”中将其解除。',
  },
  recipient_refused: {
    sentence: '发信服务器拒绝此收件人。',
    remedy: '请检查该地址；服务器的回复中有更多说明。',
  },
  recipient_deferred: {
    sentence: '发信服务器暂时不接受此收件人。',
    remedy: '提交仍在等待时，代理会自动重试。如果其他收件人已被接受（partial），请稍后再向此收件人发送。',
  },
  mail_refused: {
    sentence: '发信服务器拒绝这封邮件。',
    remedy: '服务器的回复中说明了原因；请修改邮件后作为新邮件发送。',
  },
  send_deferred: {
    sentence: '发信服务器暂时不接受这封邮件。',
    remedy: '邮件没有发出；代理会自动重试。',
  },
  send_consent_required: {
    sentence: 'Microsoft 没有授予通过 Graph 用此邮箱发送邮件的权限。',
    remedy:
      '请部署负责人将 Mail.Send（共享邮箱为 Mail.Send.Shared；超过 2 MB 的邮件还需要 Mail.ReadWrite）添加到 GRAPH_PERMISSIONS 和应用中，然后重新连接该邮箱（POST connect-links，带上其 mailboxId）并接受权限。读取邮件不受影响。',
  },
  graph_mail_too_large: {
    sentence: '邮件过大，无法通过一次 Microsoft Graph 请求发送，而此邮箱没有其他发送方式。',
    remedy:
      '请允许此邮箱使用 SMTP（PATCH mailboxes/{id}，sendVia 设为 auto），或将 Mail.ReadWrite 添加到 GRAPH_PERMISSIONS，代理即可将大邮件作为草稿上传（共享邮箱除外）。',
  },
  graph_unreachable: {
    sentence: '无法连接 Microsoft Graph。',
    remedy: '邮件没有发出；代理会自动重试。',
  },
} as const satisfies Record<keyof typeof sendingErrors, ErrorText>;

import type { ErrorText } from '../entry.ts';
import type { requestErrors } from '../requests.ts';

/** {@link requestErrors} in Chinese. */
export const requestErrorsZh = {
  invalid_request: { sentence: '请求的格式不符合要求。', remedy: '请更正所列字段后重试。' },
  malformed_json: {
    sentence: '请求正文不是有效的 JSON。',
    remedy: '请发送 JSON 对象，并设置 Content-Type: application/json。',
  },
  body_too_large: {
    sentence: '请求正文超过了此接口允许的大小。',
    remedy: 'JSON 最大为 64 KiB；发送邮件时 JSON 最大为 8 MiB，带文件的 multipart/form-data 最大为 36 MB。',
  },
  malformed_form: {
    sentence: '请求正文不是有效的 multipart/form-data，或缺少其中一部分。',
    remedy:
      '每个部分都应带有 Content-Disposition: form-data 和名称，并完整发送正文；Content-Type 标头请由生成正文的程序设置。',
  },
  uploads_busy: {
    sentence: '代理正在处理的大请求已占满可用内存。',
    remedy: '请在 Retry-After 所示的秒数后重新发送该请求；它的任何内容都未被接收。',
  },
  body_too_slow: {
    sentence: '请求正文未在规定时间内到达。',
    remedy: '请一次发送完整的正文：JSON 在 30 秒内，文件在两分钟内。',
  },
  not_found: { sentence: '此地址下没有内容。', remedy: '请检查路径和 id；超出密钥范围的 id 一律视为不存在。' },
  method_not_allowed: { sentence: '此地址不支持该请求方法。', remedy: '请使用 Allow 标头中列出的方法。' },
  conflict: { sentence: '其他人同时修改了此资源。', remedy: '请重新读取后再次提交请求。' },
  replays_waiting: {
    sentence: '此邮箱待处理的重新投递已达上限。',
    remedy:
      '请等待它们完成，或取消它们（DELETE mailboxes/{id}/replay），或用一个请求 {"dead": true} 重新投递所有已放弃的邮件。',
  },
  key_missing: { sentence: '请求中没有 API 密钥。', remedy: '请发送标头 Authorization: Bearer <代理密钥>。' },
  key_invalid: { sentence: 'API 密钥不存在、已过期或已被吊销。', remedy: '请向代理管理员索取新的密钥。' },
  nocobase_session_token: {
    sentence: '请求携带的是 NocoBase 的会话令牌，而不是代理密钥。',
    remedy: '请将按钮或节点的 Authorization 标头设为 Bearer <代理密钥>；未设置时，NocoBase 会发送当前用户自己的令牌。',
  },
  scope_missing: {
    sentence: 'API 密钥没有此接口所需的权限范围。',
    remedy: '请使用具有该权限范围的密钥，或向代理管理员申请。',
  },
  key_limited: {
    sentence: 'API 密钥仅限于部分邮箱或目标，此请求超出了范围。',
    remedy: '请在密钥的范围内操作，或使用没有限制的密钥。',
  },
  token_endpoint_off: { sentence: '此代理不提供访问令牌。', remedy: '部署负责人可通过 TOKEN_ENDPOINT=on 启用。' },
  token_app_only: {
    sentence: '此邮箱通过应用权限打开，其令牌同样能打开其他所有邮箱。',
    remedy: '请通过代理收发邮件，或由邮箱所有者连接该邮箱。',
  },
  token_shared: {
    sentence: '共享邮箱的令牌也能打开连接者本人的邮箱。',
    remedy: '请使用同时列出此人邮箱的密钥。',
  },
  destination_ambiguous: {
    sentence: '无法确定此邮箱的邮件应投递到哪个目标。',
    remedy: '请用 destinationId 指定；如果还没有目标，请用 POST destinations 创建。',
  },
  link_invalid: {
    sentence: '这不是我们的链接，或者链接不完整。',
    remedy: '请按收到的原样重新打开链接，或索取新的链接。',
  },
  link_expired: { sentence: '链接已过期。', remedy: '请向发送者索取新的链接。' },
  link_spent: {
    sentence: '此链接已用于连接邮箱；每个链接只能使用一次。',
    remedy: '如需连接另一个邮箱，请向发送者索取新的链接。',
  },
  cross_site_refused: {
    sentence: '登录必须从我们自己的页面发起，而此请求来自其他网站。',
    remedy: '请按收到的原样打开链接，并点击页面上的按钮。',
  },
  sign_in_foreign: {
    sentence: '此登录不是在这个浏览器中发起的，或者发起时间过早。',
    remedy: '请重新打开链接，在同一浏览器中于十分钟内完成登录。',
  },
  wrong_account: {
    sentence: '登录的人不是此链接所指定的人。',
    remedy: '请重新打开链接，并使用链接指定的帐户登录。',
  },
  shared_access_missing: {
    sentence: '邮件服务器不允许所用登录的用户打开此邮箱。',
    remedy:
      '请管理员为此人授予完全访问权限（Add-MailboxPermission -AccessRights FullAccess，一小时内生效），并检查登录名，然后重试。',
  },
  app_access_missing: {
    sentence: '邮件服务器不允许应用打开此邮箱。',
    remedy:
      '请管理员同意 IMAP.AccessAsApp，在 Exchange 中登记应用（New-ServicePrincipal），并授予其访问该邮箱的权限（Add-MailboxPermission -AccessRights FullAccess，一小时内生效）；或用 viaMailboxId 指定一位可以打开该邮箱的人。',
  },
} as const satisfies Record<keyof typeof requestErrors, ErrorText>;

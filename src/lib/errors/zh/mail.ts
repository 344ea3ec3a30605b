import type { ErrorText } from '../entry.ts';
import type { mailErrors } from '../mail.ts';

/** {@link mailErrors} in Chinese. */
export const mailErrorsZh = {
  imap_unreachable: {
    sentence: '无法连接邮件服务器，或服务器中断了连接。',
    remedy: '数据没有丢失；代理会自动重试。',
  },
  imap_throttled: {
    sentence: '邮件服务器正在限制对此邮箱的请求频率。',
    remedy:
      '数据没有丢失；代理会按服务器要求的时间等待后重试。如果问题持续存在，请检查还有哪些程序通过 IMAP 读取同一邮箱。',
  },
  imap_refused: {
    sentence: '邮件服务器拒绝登录此邮箱。',
    remedy:
      '请检查该邮箱是否已启用 IMAP（Microsoft 365：Set-CASMailbox -ImapEnabled $true；Outlook.com：设置、邮件、转发和 IMAP），登录名是否为该邮箱的地址，以及登录的人是否有权打开它。',
  },
  imap_not_connected: {
    sentence: '邮件服务器接受了登录，但没有打开邮箱。',
    remedy:
      '这种情况通常是暂时的，代理会重试。如果问题持续存在，请检查登录名是否为该邮箱的地址、登录的人是否拥有完全访问权限、邮箱是否有许可证，以及是否已启用 IMAP。',
  },
  imap_token_expired: {
    sentence: '访问令牌已过期，邮件服务器因此结束了会话。',
    remedy: '数据没有丢失；代理会使用新令牌重新登录。',
  },
  imap_unexpected: {
    sentence: '代理无法理解邮件服务器的响应。',
    remedy: '数据没有丢失；代理会重试。如果问题持续存在，请附上应用日志报告此问题。',
  },
  folder_missing: {
    sentence: '代理要监视的某个文件夹不在邮箱中，或无法打开。',
    remedy: '请以原名恢复该文件夹，或重新选择此邮箱的文件夹（PATCH mailboxes/{id}）。',
  },
  mailbox_busy: {
    sentence: '此邮箱中同时处理的请求已达上限。',
    remedy: '请几秒后重试，并减少同时发往同一邮箱的请求。',
  },
  draft_changed: {
    sentence: '草稿的版本与请求中的不同：另一个程序（可能是 Outlook）已更改了它。',
    remedy: '请与返回中的 current 比较，然后以其 version 作为 base 重新提交您的字段。',
  },
  draft_locked: {
    sentence: '草稿正在发送、已定时发送，或者不清楚是否已发出。',
    remedy: '请查看对应的 submission；先将其取消、重发或裁定。',
  },
  no_such_folder: {
    sentence: '邮箱中没有这个文件夹，或者它不能存放邮件。',
    remedy: '请使用 GET mailboxes/{id}/folders 返回的路径，写法须完全一致。',
  },
  not_found_here: {
    sentence: '这封邮件不在原处，也不在代理会查找的文件夹中。',
    remedy:
      '邮箱所有者可能已将它移到自己的文件夹：请列出或搜索该文件夹以获得当前的 messageRef。它是否仍然存在尚不清楚。',
  },
  part_not_found: {
    sentence: '这封邮件没有这个附件。',
    remedy: '请使用邮件 attachments 中给出的 part。',
  },
  categories_unsupported: {
    sentence: '邮件服务器在此文件夹中不保存类别。',
    remedy: '请在 Outlook 中设置类别。通过 IMAP，Exchange 只保存已读、标记和已回复状态。',
  },
  change_refused: {
    sentence: '邮件服务器拒绝了此更改。',
    remedy: '请检查邮箱是否已满以及该文件夹是否可以更改，然后重试。',
  },
  cursor_stale: {
    sentence: '邮件服务器已为此文件夹重新编号，游标已失效。',
    remedy: '请不带游标重新开始。',
  },
  search_refused: {
    sentence: '邮件服务器无法搜索这段文字。',
    remedy: '请使用纯 ASCII 文字搜索，或按 subject、from、to 搜索，这些由代理自行比较。',
  },
  range_not_satisfiable: {
    sentence: '请求的范围从文件末尾之后开始。',
    remedy: '请请求从文件内部开始的范围。',
  },
  message_gone: {
    sentence: '这封邮件已不在代理监视的文件夹中。',
    remedy: '邮箱所有者移动或删除了它；请所有者将其放回。',
  },
  attachment_link_invalid: {
    sentence: '这不是我们的附件链接，或者链接不完整。',
    remedy: '请使用事件中给出的完整附件 url。',
  },
  attachment_link_expired: {
    sentence: '此附件的链接已过期。',
    remedy:
      '请让代理重新投递该邮件（POST mailboxes/{id}/replay，带 since 和 force），新的事件会包含新的链接。需要保留文件时，请立即下载。',
  },
  attachment_too_large: {
    sentence: '附件超过了代理 36 MB 的上限。',
    remedy: '请在 Outlook 中打开该邮件获取文件。',
  },
  downloads_busy: {
    sentence: '从此邮箱或此代理同时下载的附件过多。',
    remedy: '请稍后重试；同一邮箱可同时下载两个附件。',
  },
} as const satisfies Record<keyof typeof mailErrors, ErrorText>;

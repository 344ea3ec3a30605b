import type { destinationErrors } from '../destinations.ts';
import type { ErrorText } from '../entry.ts';

/** {@link destinationErrors} in Chinese. */
export const destinationErrorsZh = {
  destination_url_refused: {
    sentence: '代理不向此地址发送。',
    remedy: '请提供可从互联网访问的 https 地址。专用地址须连同其网络列在设置 PRIVATE_DESTINATIONS 中。',
  },
  destination_in_use: {
    sentence: '仍有邮箱向此目标投递。',
    remedy: '请为这些邮箱指定其他目标或移除它们，然后再删除此目标。',
  },
  destination_missing: {
    sentence: '此邮箱的目标已不存在。',
    remedy: '请为该邮箱指定其他目标。邮件不会丢失，会在邮箱中等待。',
  },
  destination_paused: {
    sentence: '目标已被手动暂停。',
    remedy: '将目标的 paused 设为 false 即可继续。在此之前，邮件在邮箱中等待。',
  },
  destination_unauthorised: {
    sentence: '目标拒绝了我们的凭据（401 或 403）。',
    remedy: '请在目标上设置有效的 API 密钥或用户名和密码，并检查其对应的角色。之后投递会自动恢复。',
  },
  destination_not_found: {
    sentence: '目标地址没有可接收投递的资源（404、405 或 410）。',
    remedy: '请检查目标的 URL，以及对应的工作流或数据表是否存在且已启用。之后投递会自动继续。',
  },
  destination_workflow_off: {
    sentence: 'NocoBase 中没有使用此标识且已启用的工作流。',
    remedy:
      '请在 NocoBase 中启用该工作流，并将其标识与 URL 中的 triggerWorkflows 对照。它必须是上下文为“无”的自定义操作事件。之后投递会自动恢复。',
  },
  destination_role_may_not_view: {
    sentence: 'API 密钥的角色无权查看邮件和邮箱的键。',
    remedy:
      '请在 NocoBase 中允许该角色查看邮件数据表的 messageKey 和帐户数据表的 mailboxId。两者都须逐一勾选：未勾选任何字段的查看权限不会显示任何字段。',
  },
  destination_role_may_not_create: {
    sentence: 'API 密钥的角色无权在创建记录时写入代理所需的全部字段。',
    remedy:
      '请在 NocoBase 中允许该角色在邮件和帐户数据表中新增记录，并逐一勾选代理写入的所有字段。如果没有人改过角色：在未勾选字段的情况下为数据表添加字段，会使 NocoBase 丢弃其他所有字段。',
  },
  destination_role_may_not_update: {
    sentence: 'API 密钥的角色无权更新代理所需的全部字段。',
    remedy:
      '请在 NocoBase 中允许该角色编辑帐户数据表，以及邮件数据表的 messageRef、folderPath、folderRole、seen、flagged、answered 和 removed。请逐一勾选字段：在未勾选字段的情况下为数据表添加字段，会使 NocoBase 丢弃其他所有字段。',
  },
  destination_busy: {
    sentence: '目标过载、正在启动，或对所有请求都返回错误（429、502、503、504；NocoBase 还包括 500）。',
    remedy: '除非持续出现，否则无需处理，投递会自动恢复。如果持续出现，请检查目标服务器。',
  },
  destination_gateway_failed: {
    sentence:
      '目标前面的服务（例如反向代理或托管商）代替目标作出了响应（402、407、408、421、423、425、499，或 500、502、503、504 以外的 5xx）。',
    remedy:
      '除非持续出现，否则无需处理，投递会自动恢复。如果持续出现，请在反向代理或托管商的文档中查询该状态码，并检查其与目标的连接。接收方若要拒绝某一封邮件，应返回 422。',
  },
  destination_redirects: {
    sentence: '目标返回了重定向，而代理不跟随重定向。',
    remedy: '请将最终地址设为目标的 URL。',
  },
  destination_timeout: {
    sentence: '目标在 20 秒内没有响应。',
    remedy: '请检查目标服务器；耗时较长的工作流应先返回响应，再继续执行。',
  },
  destination_unreachable: {
    sentence: '无法连接目标：连接被拒绝，或 10 秒内未能建立。',
    remedy: '请检查目标服务器是否在运行，以及其防火墙是否放行代理。',
  },
  destination_closed: {
    sentence: '目标接受连接后，未作响应就将其关闭。',
    remedy: '请查看目标服务器及其前面反向代理的日志：其中之一停止、重启，或因某种限制关闭了连接。',
  },
  destination_name_unknown: {
    sentence: '无法解析目标的主机名。',
    remedy: '请检查目标 URL 中的主机名及其 DNS 记录。',
  },
  destination_lookup_failed: {
    sentence: '负责解析目标主机名的 DNS 服务器没有响应或出错。',
    remedy:
      '除非持续出现，否则无需处理，投递会自动恢复。如果持续出现，请检查该域名的 DNS；使用虚拟网络时，还需检查其所用的 DNS 服务器。',
  },
  destination_not_encrypted: {
    sentence: '目标的 URL 是 https，但其端口上的服务没有使用 TLS。',
    remedy: '请为此端口配置证书（通常在服务器前面的反向代理中），或更正 URL 中的端口。',
  },
  destination_tls_closed: {
    sentence: '与目标协商加密（TLS）时，连接被切断。',
    remedy: '请检查目标前面的防火墙和反向代理：其中之一切断了连接，可能是因为主机名或来源地址。',
  },
  destination_tls_version: {
    sentence: '目标只支持已过时的 TLS 版本。',
    remedy: '请让目标服务器或其前面的反向代理支持 TLS 1.2 或更高版本。',
  },
  destination_tls_failed: {
    sentence: '目标与代理无法就加密（TLS）达成一致。',
    remedy: '目标服务器必须支持 URL 中的主机名，提供 OpenSSL 3 接受的加密套件，并且不要求客户端证书。',
  },
  destination_wants_certificate: {
    sentence: '目标要求客户端证书，而代理没有。',
    remedy: '请对目标地址免除客户端证书要求；代理使用凭据登录。',
  },
  destination_certificate_expired: {
    sentence: '目标的证书已过期，或尚未生效。',
    remedy: '请更新目标的证书，并检查签发服务器的时钟。',
  },
  destination_certificate_name: {
    sentence: '目标的证书不包含其 URL 中的主机名。',
    remedy: '请安装包含 URL 中主机名的证书，或将 URL 改为证书中的主机名。',
  },
  destination_certificate_untrusted: {
    sentence: '目标的证书不是由代理信任的机构签发的。',
    remedy: '请安装公共证书机构签发的证书，并让服务器发送完整的证书链。自签名证书或自建机构的证书不被接受。',
  },
  destination_speaks_http_two: {
    sentence: '目标只支持 HTTP/2，而代理使用 HTTP/1.1。',
    remedy: '请在目标服务器或其前面的反向代理上启用 HTTP/1.1。',
  },
  destination_not_http: {
    sentence: '目标的响应不是 HTTP/1.1。',
    remedy: '请检查目标 URL 中的端口：那里可能是其他服务，或是有故障的反向代理。',
  },
  destination_headers_too_large: {
    sentence: '目标响应的标头超过 16 KB。',
    remedy: '请在目标服务器或其前面的反向代理中找出是什么添加了这些标头，通常是 Cookie。',
  },
  destination_address_refused: {
    sentence: '目标的主机名指向代理不允许发送的地址。',
    remedy: '请让主机名只解析为公共地址，或将专用主机及其网络列在 PRIVATE_DESTINATIONS 中。',
  },
  destination_answer_unexpected: {
    sentence: '目标有响应，但不是 NocoBase 的响应。',
    remedy:
      '请检查目标的 URL（数据表类型以 /api 结尾），以及邮件数据表是否有 messageKey 字段。也可能是 NocoBase 前面的服务代为响应，例如登录页面。之后投递会自动恢复。',
  },
  destination_unfit: {
    sentence: '目标的数据表不适合存放邮件。',
    remedy:
      '三张数据表都必须存在；messageKey 须为邮件数据表的唯一字段，mailboxId 须为帐户数据表的唯一字段，否则邮件可能重复保存。如需上传文件，邮件数据表还须有所指定的附件字段。',
  },
  destination_refused_message: {
    sentence: '目标拒绝了这封邮件，或在处理它时出错。',
    remedy: '请在目标的日志中查找原因；错误中注明了它返回的状态码。',
  },
} as const satisfies Record<keyof typeof destinationErrors, ErrorText>;

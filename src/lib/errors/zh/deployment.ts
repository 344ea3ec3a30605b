import type { deploymentErrors } from '../deployment.ts';
import type { ErrorText } from '../entry.ts';

/** {@link deploymentErrors} in Chinese. */
export const deploymentErrorsZh = {
  settings_broken: {
    sentence: '代理的设置不完整或无效。',
    remedy: '应用日志中列出了每一项缺失或无效的设置。',
  },
  dashboard_off: {
    sentence: '管理页面未启用：尚未设置允许哪个租户的管理员打开它。',
    remedy: '请将 ADMIN_TENANT 设为租户 ID，该租户中拥有 Broker.Admin 角色的人即可登录。',
  },
  storage_unreachable: {
    sentence: '表存储没有响应。',
    remedy: '数据没有丢失；请一分钟后重试。如果问题持续存在，请检查存储帐户以及应用标识在其上的角色。',
  },
  vault_unreachable: {
    sentence: 'Key Vault 没有响应。',
    remedy: '数据没有丢失；请一分钟后重试。如果问题持续存在，请检查保管库以及应用标识在其上的角色。',
  },
  internal_error: {
    sentence: '代理发生内部错误。',
    remedy: '请重试；如果问题持续存在，请将 requestId 提供给部署负责人，以便在应用日志中查找。',
  },
  row_broken: {
    sentence: '存储的某一行数据不符合代理的写入格式。',
    remedy: '代理以外的程序或人员更改了数据表；应用日志中有该行的名称。请断开该邮箱后重新连接。',
  },
  filter_broken: {
    sentence: '无法读取此邮箱所存储的筛选条件，因此无法判断应投递哪些邮件。',
    remedy: '邮件没有丢失，会在邮箱中等待。请重新设置该邮箱的筛选条件，或用 null 清除；应用日志中有该行的名称。',
  },
  row_refused: {
    sentence: '表存储拒绝写入此邮箱的一行数据。',
    remedy: '应用日志中有原因；请将其作为代理的缺陷报告。其他邮箱不受影响，数据也没有丢失。',
  },
  message_deadly: {
    sentence: '读取这封邮件时进程三次崩溃，因此已跳过它并将其留在邮箱中。',
    remedy: '请在邮箱中查看该邮件，并附上应用日志，将其作为代理的缺陷报告。',
  },
  row_newer: {
    sentence: '存储的一行数据由更新版本的代理写入。',
    remedy: '请将较新的版本重新部署到应用的所有实例。',
  },
  mailbox_taken: {
    sentence: '此邮箱已由另一个人连接。',
    remedy: '请由此人重新连接，或先移除该邮箱再连接。',
  },
  mailbox_mismatch: {
    sentence: '登录的邮箱不是此链接所指定的邮箱。',
    remedy: '请重新打开链接，并使用该邮箱的帐户登录。',
  },
  vault_forbidden: {
    sentence: 'Key Vault 拒绝了应用的标识。',
    remedy: '请为该标识授予此机密上的“Key Vault 机密用户”角色；在本机上，请授予通过 az login 登录的用户。',
  },
  vault_firewall: {
    sentence: 'Key Vault 的防火墙阻止了应用访问。',
    remedy: '请在保管库的网络设置中允许应用所在的网络，或添加专用终结点并将应用连接到它。问题不在于标识的角色。',
  },
  vault_throttled: {
    sentence: 'Key Vault 正在限制请求频率。',
    remedy: '数据没有丢失；请一分钟后重试。如果问题持续存在，请检查还有哪些程序在读取此保管库。',
  },
  vault_name_unknown: {
    sentence: '无法解析 KEY_VAULT_URL 中的主机名。',
    remedy: '请检查 KEY_VAULT_URL，以及保管库是否已被删除。如果使用专用终结点，请检查其专用 DNS 区域。',
  },
  vault_tls_failed: {
    sentence: '无法与 Key Vault 建立受信任的 TLS 连接。',
    remedy:
      '请检查 KEY_VAULT_URL，以及应用与保管库之间是否有代理服务器替换了证书。在本机上，可用 NODE_EXTRA_CA_CERTS 指定其他受信任的证书。',
  },
  secret_missing: {
    sentence: '代理所需的某个机密不在 Key Vault 中，或已被禁用。',
    remedy:
      '如果机密已被删除，请恢复；如果已被禁用，请启用；只有从未创建过时才新建：新的 broker-root 无法打开用旧密钥封装的内容。代理会在数秒内自动使用该机密。',
  },
  root_key_broken: {
    sentence: 'Key Vault 中的机密 broker-root 不是 base64url 编码的 32 字节密钥。',
    remedy: '请为 broker-root 创建新版本，内容为 base64url 编码的 32 个随机字节。',
  },
  seal_broken: {
    sentence: '封装的值无法打开：它已被更改或移动，或封装所用的密钥在保管库中已不可用。',
    remedy: '请重新启用 broker-root 的旧版本；如果它们都已启用，则说明存储的值被篡改过。',
  },
} as const satisfies Record<keyof typeof deploymentErrors, ErrorText>;

import type { ErrorText } from '../entry.ts';
import type { signInErrors } from '../sign-in.ts';

/** {@link signInErrors} in Chinese. */
export const signInErrorsZh = {
  sign_in_declined: {
    sentence: '所请求的权限被拒绝授予。',
    remedy: '请重新打开链接并接受权限。未作任何更改。',
  },
  sign_in_restart: { sentence: '此次登录已无法完成。', remedy: '请重新打开链接并再次登录。' },
  code_already_used: {
    sentence: '此次登录已经完成。',
    remedy: '请关闭此窗口；如果邮箱尚未连接，请重新打开链接。',
  },
  admin_role_missing: {
    sentence: '此帐户没有本应用的 Broker.Admin 角色。',
    remedy: '请管理员分配该角色：Entra、企业应用程序、本代理、用户和组。然后重新登录。',
  },
  admin_tenant_refused: {
    sentence: '该帐户不属于管理此代理的组织。',
    remedy: '请使用该组织的帐户登录（由 ADMIN_TENANT 设置指定）；其他组织中的 Broker.Admin 角色无效。',
  },
  admin_guest_refused: {
    sentence: '该帐户是管理此代理的组织中的来宾。',
    remedy: '请使用属于该组织的帐户登录。无论拥有何种角色，来宾都会被拒绝：来宾的身份由其他组织决定。',
  },
  guest_refused: {
    sentence: '此帐户是该组织中的来宾，而来宾在这里没有邮箱。',
    remedy: '请使用属于该组织的帐户登录。',
  },
  tenant_not_allowed: {
    sentence: '本代理不为此帐户所属的组织提供服务。',
    remedy: '请使用其他帐户登录，或请部署负责人将该组织添加到 ALLOWED_TENANTS。',
  },
  address_unknown: {
    sentence: '此帐户的名称不是邮件地址，目录中也没有它的邮件地址。',
    remedy: '请向发送链接的人索取一个写明邮箱地址的链接，或请管理员为该帐户设置邮件地址。',
  },
  account_recreated: {
    sentence: '此邮箱原由地址相同的另一个帐户连接：该帐户之后被重新创建，或其地址被分配给了他人。',
    remedy:
      '如果应由新帐户使用，请从代理中移除该邮箱（DELETE mailboxes/{id}），并向其所有者发送新的链接。自 syncFrom 以来的邮件将像新邮箱的邮件一样重新投递。',
  },
  scope_missing_imap: {
    sentence: 'Microsoft 没有授予通过 IMAP 读取邮件的权限。',
    remedy: '请重新打开链接并接受所有权限；如果仍然如此，请组织的管理员授予这些权限。',
  },
  grant_missing: { sentence: '没有为此邮箱存储登录信息。', remedy: '请向其所有者发送重新连接的链接。' },
  grant_full: {
    sentence: '此登录已用于 1,000 个邮箱，达到上限。',
    remedy: '请移除不再需要的邮箱，或通过另一个人的登录读取更多邮箱。如需以应用权限打开更多邮箱，请使用第二个部署。',
  },
  reconnect_required: {
    sentence: 'Microsoft 不再接受为此邮箱存储的登录。',
    remedy: '请邮箱所有者打开链接重新连接。',
  },
  grant_revoked: {
    sentence: '存储的登录已因重置密码或管理员操作而被吊销。',
    remedy: '请邮箱所有者打开链接重新连接。',
  },
  grant_expired: {
    sentence: '存储的登录因长期未使用而过期。',
    remedy: '请邮箱所有者打开链接重新连接。',
  },
  sign_in_too_old: {
    sentence: '组织要求定期重新登录，现在已到期限。',
    remedy: '请邮箱所有者打开链接重新连接；管理员也可以对此应用免除登录频率要求。',
  },
  mfa_required: {
    sentence: '组织要求进行多重身份验证。',
    remedy: '请邮箱所有者打开链接重新连接，并完成第二步验证。',
  },
  password_expired: {
    sentence: '帐户的密码已过期，或必须更改。',
    remedy: '请邮箱所有者设置新密码，然后打开链接重新连接。',
  },
  device_sign_in_required: {
    sentence: '组织要求使用其已知的设备登录。',
    remedy: '请邮箱所有者在组织的设备上重新打开链接进行连接。',
  },
  consent_missing: {
    sentence: '邮箱所有者没有同意所需的权限，或已撤回同意。',
    remedy: '请邮箱所有者打开链接重新连接，并接受权限。',
  },
  grant_scope_missing: {
    sentence: '存储的登录不包含所请求的权限。',
    remedy: '请邮箱所有者打开链接重新连接，并接受所有权限。',
  },
  account_locked: {
    sentence: '因多次登录失败，Microsoft 已暂时锁定该帐户。',
    remedy: '代理会在一小时后重试；如果仍被锁定，请由组织的管理员解锁。',
  },
  grant_doubtful: {
    sentence: 'Microsoft 拒绝了存储的登录，代理无法识别其原因。',
    remedy: '代理会在一分钟后重试一次；如果仍然失败，将请邮箱所有者重新连接。',
  },
  admin_consent_required: {
    sentence: '组织只允许管理员同意这些权限。',
    remedy: '请组织的管理员打开代理的同意链接并接受。',
  },
  user_not_assigned: {
    sentence: '该帐户没有分配给此应用。',
    remedy: '请管理员在 Entra 中将此人分配给企业应用程序，或关闭“需要分配”。',
  },
  account_disabled: { sentence: '该帐户已被禁用。', remedy: '请组织的管理员启用该帐户。' },
  conditional_access_blocked: {
    sentence: '组织的条件访问策略阻止了此应用。',
    remedy: '请管理员在该策略中排除此应用；策略名称见 Entra 的登录日志。',
  },
  device_not_managed: {
    sentence: '组织只允许受其管理的设备登录此应用。',
    remedy:
      '请邮箱所有者在受管理的设备上打开链接进行连接，或请管理员在该策略中排除此应用；策略名称见 Entra 的登录日志。',
  },
  app_not_approved: {
    sentence: '组织只允许经批准或受保护的应用读取邮件，而此应用不在其中。',
    remedy: '请管理员在要求经批准或受保护应用的条件访问策略中排除此应用。',
  },
  sign_in_risky: {
    sentence: 'Microsoft 认为该帐户或此次登录存在风险，已将其阻止。',
    remedy: '请帐户所属组织的管理员在 Entra 中审查其风险（保护、有风险的用户），然后重新打开链接。',
  },
  mfa_setup_blocked: {
    sentence: '该帐户须先设置多重身份验证，但不能在此处设置。',
    remedy:
      '请邮箱所有者在组织允许的设备和地点打开 https://aka.ms/mysecurityinfo 进行设置，或请管理员提供临时访问密码，然后重新打开链接。',
  },
  tenant_restricted: {
    sentence: '网络限制或组织的访问策略不允许该帐户登录此租户。',
    remedy: '请在其他网络中打开链接，或请管理员在租户限制或跨租户访问设置中允许该租户。',
  },
  sign_in_blocked: {
    sentence: 'Microsoft 不允许该帐户登录，具体原因须通过 AADSTS 编号查询。',
    remedy:
      '请管理员在 https://login.microsoftonline.com/error 查询该编号，并在 Entra 的登录日志中查看此次登录。应用日志中有该编号。',
  },
  app_not_in_tenant: {
    sentence: '该组织中没有此应用。',
    remedy: '请组织的管理员打开代理的同意链接并接受。',
  },
  app_disabled: {
    sentence: '此应用在该组织中已被禁用。',
    remedy: '请管理员在 Entra 的“企业应用程序”中启用它。',
  },
  app_permissions_broken: {
    sentence: '应用注册的权限与该组织授予的权限不符。',
    remedy:
      '请管理员检查应用注册的 API 权限（IMAP.AccessAsUser.All、SMTP.Send 以及 Microsoft Graph 的 User.Read），然后重新同意。',
  },
  account_not_in_tenant: {
    sentence: '该帐户不属于代理所设置的组织。',
    remedy: '请使用该组织的帐户登录，或请管理员让应用注册接受其他组织的帐户。',
  },
  account_type_refused: {
    sentence: '应用注册不接受此类帐户（个人帐户或组织帐户）。',
    remedy: '请使用另一类帐户登录，或请管理员设置应用注册中受支持的帐户类型，并相应设置 TENANT。',
  },
  app_single_tenant: {
    sentence: '应用注册只接受本组织的帐户，但 TENANT 指定了多个组织。',
    remedy: '请管理员设置应用注册中受支持的帐户类型，或将 TENANT 设为该组织的 ID。',
  },
} as const satisfies Record<keyof typeof signInErrors, ErrorText>;

import type { ErrorText } from '../entry.ts';
import type { microsoftErrors } from '../microsoft.ts';

/** {@link microsoftErrors} in Chinese. */
export const microsoftErrorsZh = {
  client_secret_invalid: {
    sentence: 'Microsoft 拒绝了应用的客户端机密。',
    remedy: '请将有效客户端机密的值（不是其 ID）存入 Key Vault；代理会自动使用。',
  },
  client_secret_is_id: {
    sentence: 'Key Vault 中保存的是客户端机密的 ID（GUID），而不是它的值。',
    remedy: '请在应用注册中创建新的客户端机密，并将其值存入 Key Vault（Entra 只显示一次）；代理会自动使用。',
  },
  client_secret_expired: {
    sentence: '应用的客户端机密已过期。',
    remedy: '请在应用注册中创建新的客户端机密并存入 Key Vault；代理会自动使用。',
  },
  client_secret_expiring: {
    sentence: '应用的客户端机密即将过期。过期后，代理将无法读取邮箱，也无法发送邮件。',
    remedy: '请在应用注册中创建新的客户端机密，连同到期日期一起存入 Key Vault；代理会自动使用。然后删除旧的机密。',
  },
  client_credential_refused: {
    sentence: 'Microsoft 拒绝了应用的凭据。',
    remedy: '请检查 CREDENTIAL_MODE、CLIENT_ID 以及应用注册中的凭据。',
  },
  federation_refused: {
    sentence: 'Microsoft 不接受以托管标识作为应用的凭据。',
    remedy: '请检查应用注册的联合凭据：颁发者、主体（标识的主体 ID）和受众必须完全一致。',
  },
  identity_unavailable: {
    sentence: 'Azure 的标识终结点目前无法为应用颁发令牌。',
    remedy: '数据没有丢失；请一分钟后重试。如果问题持续存在，请重启应用，并检查是否已分配托管标识。',
  },
  identity_unknown: {
    sentence: '应用没有与 AZURE_CLIENT_ID 中的客户端 ID 对应的托管标识。',
    remedy: '请将 AZURE_CLIENT_ID 设为用户分配标识的客户端 ID（不是主体 ID），并将该标识分配给应用。',
  },
  azure_login_missing: {
    sentence: '这台计算机上没有用户登录 Azure。',
    remedy: '请以有权读取保管库机密的用户运行 az login，然后重试。',
  },
  app_not_authorized: {
    sentence: '应用注册不允许使用这种登录方式。',
    remedy: '请检查应用注册中受支持的帐户类型和平台（Web），以及 CLIENT_ID。',
  },
  tenant_unknown: {
    sentence: 'Microsoft 中没有 ID 与 TENANT 一致的组织。',
    remedy: '请将 TENANT 设为组织的 ID；只有在国家云中才需要设置 AUTHORITY_HOST。',
  },
  redirect_uri_mismatch: {
    sentence: '代理的回调地址没有注册。',
    remedy: '请将 PUBLIC_URL 加上 /api/oauth/callback 添加到应用注册的重定向 URI（Web）中，必须完全一致。',
  },
  scope_refused: {
    sentence: 'Microsoft 不认识代理所请求的权限。',
    remedy: '请检查 OUTLOOK_RESOURCE 和 GRAPH_RESOURCE。',
  },
  entra_unavailable: {
    sentence: 'Microsoft 登录服务没有正常响应。',
    remedy: '数据没有丢失；代理会自动重试。',
  },
  entra_throttled: {
    sentence: 'Microsoft 登录服务正在限制请求频率。',
    remedy: '数据没有丢失；代理会按服务要求的时间等待后重试。',
  },
  entra_loop: {
    sentence: 'Microsoft 发现此邮箱有过多相同的登录请求，已停止响应。',
    remedy: '代理会等待一小时。如果再次出现，请将其作为代理的缺陷报告。',
  },
  graph_unavailable: {
    sentence: 'Microsoft Graph 没有响应，因此无法核对该帐户的地址。',
    remedy: '数据没有丢失；请几分钟后重新打开链接。',
  },
  entra_refused: {
    sentence: 'Microsoft 登录服务拒绝了请求，代理无法识别其原因。',
    remedy: '应用日志中有 AADSTS 编号；请在 login.microsoftonline.com/error 查询。',
  },
} as const satisfies Record<keyof typeof microsoftErrors, ErrorText>;

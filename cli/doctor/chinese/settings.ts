import { createTranslation, type Rows } from './translate.ts';

/** What is wrong with a setting (src/lib/config.ts, setting-faults.ts, setting-url.ts). Each is read after 该设置. */
const rows: Rows = [
  ['is missing.', '缺失。'],
  ['is empty.', '为空。'],
  [
    'Set it to the address at which browsers reach this app, without /api.',
    '请填写浏览器访问此应用的地址，不含 /api。',
  ],
  ['Set it to the application (client) id of the app registration.', '请填写应用注册的应用程序（客户端）ID。'],
  ['Set the tenant id, or organizations, consumers or common.', '请填写租户 ID，或 organizations、consumers、common。'],
  ['Set the address of the vault, such as {}', '请填写保管库的地址，例如 {1}'],
  ['Set the address of Table Storage, such as {}', '请填写表存储的地址，例如 {1}'],
  ['must be on or off.', '只能是 on 或 off。'],
  ['is not a whole number ({}).', '不是整数（{1}）。'],
  ['is not between {} and {} ({}).', '不在 {1} 到 {2} 之间（{3}）。'],
  ['a port', '端口'],
  ['seconds', '秒'],
  ['sessions', '会话数'],
  ['hours', '小时'],
  ['is not a GUID.', '不是 GUID。'],
  ['is not a tenant id (a GUID).', '不是租户 ID（GUID）。'],
  [
    'is neither a tenant id (a GUID) nor organizations, consumers or common.',
    '既不是租户 ID（GUID），也不是 organizations、consumers 或 common。',
  ],
  ['takes secret or federated.', '只能是 secret 或 federated。'],
  ['takes a list of {}.', '只接受以下各项组成的列表：{1}。'],
  ['is not a name that Key Vault accepts.', '不是 Key Vault 接受的名称。'],
  [
    'Set it to the name of the secret in Key Vault, never its value.',
    '请填写 Key Vault 中机密的名称，切勿填写机密的值。',
  ],
  ['is a GUID, such as the id of a client secret.', '是一个 GUID，例如客户端机密的 ID。'],
  [
    'Write the name of the secret in Key Vault, and store its value there.',
    '请填写 Key Vault 中机密的名称，并将机密的值保存在 Key Vault 中。',
  ],
  ['is the address of another service of the storage account.', '是存储帐户中另一项服务的地址。'],
  ['is a Key Vault reference that Azure could not resolve.', '是 Azure 无法解析的 Key Vault 引用。'],
  ['Write the value itself: none of these settings is secret.', '请直接填写值：这些设置均不是机密。'],
  ['has an entry that is not of the form host=network, such as {}.', '中有一项不符合“主机=网络”的格式，例如 {1}。'],
  [
    'names a loopback or link-local network; these are refused in Azure.',
    '包含环回或链路本地网络；Azure 中不允许使用。',
  ],
  ['has an entry that is neither a tenant id (a GUID) nor *.', '中有一项既不是租户 ID（GUID），也不是 *。'],
  ['has an entry that {}.', '中有一项{1}。'],
  ['is not an origin: write {}, without a path', '不是源：请填写 {1}，不含路径'],
  ['contains a user name or a password: write {}', '含有用户名或密码：请填写 {1}'],
  ['contains more than an origin: write {}', '除源之外还有其他内容：请填写 {1}'],
  ['is not https (http is for localhost, outside Azure)', '不是 https（http 仅可用于 Azure 之外的 localhost）'],
  ['is missing, and TENANT={} lets anyone sign in.', '缺失，而 TENANT={1} 允许任何人登录。'],
  [
    'List the tenant ids that may connect, or write * to allow all.',
    '请列出允许连接的租户 ID，或填写 * 以允许所有租户。',
  ],
  ['is for the local emulator.', '仅用于本地模拟器。'],
  [
    'In Azure remove it and set TABLES_URL; the managed identity signs in.',
    '在 Azure 中请将其删除并设置 TABLES_URL：应用使用托管标识登录。',
  ],
  ['is the same as TENANT.', '与 TENANT 相同。'],
  ['is the same as CLIENT_ID, which is the app registration.', '与 CLIENT_ID（应用注册）相同。'],
  ['Set the client id of the managed identity.', '请填写托管标识的客户端 ID。'],
  ['is 143, the port without implicit TLS.', '为 143，即不使用隐式 TLS 的端口。'],
  ['is off, but port 993 is for TLS.', '为 off，但端口 993 用于 TLS。'],
  ['is not the mail submission port with STARTTLS.', '不是使用 STARTTLS 的邮件提交端口。'],
  ['Set {}, or remove the setting.', '请设为 {1}，或删除此设置。'],
  ['Remove the setting.', '请删除此设置。'],
  ['is off.', '为 off。'],
  ['In Azure mail is read over TLS only; remove the setting.', '在 Azure 中只通过 TLS 读取邮件；请删除此设置。'],
  [
    'is a loopback or private address or not https; stand-ins are refused in Azure.',
    '是环回地址或专用地址，或不是 https；Azure 中不允许使用替代服务。',
  ],
  ['Set the real address.', '请填写真实地址。'],
  ['is not a web address.', '不是网址。'],
  ['Write the whole address, such as {}', '请填写完整地址，例如 {1}'],
  ['contains a user name or a password.', '含有用户名或密码。'],
  [
    'Remove everything up to the @: anyone who sees the address would see them.',
    '请删除 @ 及其之前的内容：任何能看到此地址的人都会看到它们。',
  ],
  ['contains a query (?) or a fragment (#).', '含有查询（?）或片段（#）。'],
  ['Remove it.', '请将其删除。'],
  ['contains /api, which the broker adds.', '含有 /api，而代理会自行添加它。'],
  ['Remove it and what follows.', '请将其及其后的内容删除。'],
  ['contains a path.', '含有路径。'],
  ['Write {} and nothing after it.', '请填写 {1}，其后不加任何内容。'],
  ['is not https.', '不是 https。'],
  ['Write the https address.', '请填写 https 地址。'],
  ['says https on port 80, which is the port of plain http.', '在端口 80 上使用 https，而该端口用于普通 http。'],
  ['Remove :80, or write http.', '请删除 :80，或改为 http。'],
  ['says http on port 443, which is the port of https.', '在端口 443 上使用 http，而该端口用于 https。'],
  ['Write https and remove :443.', '请改为 https 并删除 :443。'],
  [
    'says https, but on this port func start and npm start answer plain http.',
    '使用了 https，但 func start 和 npm start 在此端口上只提供普通 http。',
  ],
  ['contains a web address.', '含有网址。'],
  ['contains a user name.', '含有用户名。'],
  ['contains a port.', '含有端口。'],
  ['Write only the host.', '请只填写主机名。'],
  ['Write only the host, and put the port in {}.', '请只填写主机名，并将端口填入 {1}。'],
  ['is not a host name such as {}.', '不是主机名，例如 {1}。'],
  ['Write {}.', '请填写 {1}。'],
  ['Write {}', '请填写 {1}'],
];

const translate = createTranslation(rows);

/** What is wrong with a setting, after 该设置; the English where a text has no Chinese. */
export const settingFaultZh = (message: string): string => {
  const chinese = translate(message);
  return chinese === undefined ? `有误（英文）：${message}` : chinese;
};

import { createTranslation, type Rows } from './translate.ts';

/** What Azure, az and the first steps of the deploy say to the doctor, which runs them to find the broker. */
const rows: Rows = [
  // cli/azure/sentences.ts
  ['You are not logged in to Azure, or the login has expired.', '尚未登录 Azure，或登录已过期。'],
  ['Run az login, then run this command again.', '请运行 az login，然后重新运行此命令。'],
  ['It continues where it stopped.', '命令会从中断处继续。'],
  ['Microsoft requires multifactor authentication (MFA) first.', 'Microsoft 要求先进行多重身份验证（MFA）。'],
  ['Log in again as shown, then run this command again.', '请重新运行 az login，然后重新运行此命令。'],
  [
    'Key Vault denies access: the role is missing, or has not taken effect yet.',
    'Key Vault 拒绝访问：缺少角色，或角色尚未生效。',
  ],
  ['A new role takes effect within minutes, sometimes half an hour.', '新角色几分钟内生效，有时需要半小时。'],
  ['Run this command again.', '请重新运行此命令。'],
  ['The Key Vault firewall blocks this machine.', 'Key Vault 的防火墙阻止了本机。'],
  [
    'Run this command from a machine that the vault allows, or let it add a rule for the duration of the deploy.',
    '请在保管库允许的机器上运行此命令，或允许它在部署期间添加一条规则。',
  ],
  ['Entra does not know the new identity everywhere yet.', '新标识尚未同步到 Entra 的所有节点。'],
  ['Run this command again in a minute.', '请一分钟后重新运行此命令。'],
  ['A lock forbids this change.', '资源锁禁止此更改。'],
  [
    'Remove the lock (az lock list --resource-group NAME), then run this command again.',
    '请移除资源锁（az lock list --resource-group NAME），然后重新运行此命令。',
  ],
  ['A policy of your organisation forbids this.', '您组织的策略禁止此操作。'],
  ['The text below names the policy.', '下方的文字中有该策略的名称。'],
  [
    'Ask the owner of your Azure policies for an exemption, or choose other options.',
    '请向 Azure 策略的负责人申请豁免，或选择其他选项。',
  ],
  [
    'Your organisation does not allow client secrets with such a long lifetime.',
    '您的组织不允许有效期这么长的客户端机密。',
  ],
  [
    'Use the managed identity (--credential federated), or have the policy for application secrets changed.',
    '请使用托管标识（--credential federated），或请管理员更改应用机密的策略。',
  ],
  ['Your organisation forbids client secrets.', '您的组织禁止使用客户端机密。'],
  ['Use the managed identity instead: --credential federated.', '请改用托管标识：--credential federated。'],
  [
    'The subscription has not registered a resource provider that the broker needs.',
    '订阅尚未注册代理所需的资源提供程序。',
  ],
  [
    'Run az provider register --namespace NAME for the provider that the text below names.',
    '请针对下方文字中的提供程序运行 az provider register --namespace NAME。',
  ],
  ['The subscription has no quota left for this in this region.', '订阅在此区域的配额已用完。'],
  ['Choose another region (--location), or have the quota raised.', '请选择其他区域（--location），或申请提高配额。'],
  ['The name is already taken.', '该名称已被占用。'],
  ['Choose another one with --name.', '请用 --name 选择其他名称。'],
  ['You lack a right that this needs.', '缺少查看所需的权限。'],
  ['The text below names it.', '下方的文字中有其名称。'],
  ['Ask for the role, then run this command again.', '请获取相应的角色，然后重新运行此命令。'],
  ['The account that is logged in does not see this subscription.', '已登录的帐户看不到此订阅。'],
  [
    'Run az login --tenant TENANT with an account that has rights in the subscription.',
    '请使用在该订阅中有权限的帐户运行 az login --tenant TENANT。',
  ],
  [
    'Azure is throttling requests and did not recover while this command waited.',
    'Azure 正在限制请求，在此命令等待期间仍未恢复。',
  ],
  ['Run this command again in some minutes.', '请几分钟后重新运行此命令。'],
  ['Azure does not have the requested resource.', 'Azure 中没有所请求的资源。'],
  ['If it was just created, run this command again in a minute.', '如果是刚刚创建的，请一分钟后重新运行此命令。'],
  ['Azure cannot be reached, or its answer was lost.', '无法连接 Azure，或其应答丢失。'],
  ['Check the network and its proxy, then run this command again.', '请检查网络和代理服务器，然后重新运行此命令。'],
  ['It first checks what exists.', '它会先检查已有的内容。'],
  [
    'Azure answered with a server error and did not recover while this command waited.',
    'Azure 返回了服务器错误，在此命令等待期间仍未恢复。',
  ],
  [
    'Look at https://status.azure.com, and run this command again later.',
    '请查看 https://status.azure.com，稍后重新运行此命令。',
  ],
  ['Azure refused a request.', 'Azure 拒绝了一个请求。'],
  ['The text below is its own.', '下方是 Azure 的原文。'],
  ['Fix what it names, then run this command again.', '请解决其中指出的问题，然后重新运行此命令。'],
  // cli/azure: tokens, answers, az itself
  ['The answer of {} was lost; it may have acted.', '{1} 的应答丢失；操作可能已经执行。'],
  ['{} cannot be reached.', '无法连接 {1}。'],
  ['The token of the Azure CLI does not say whose it is.', 'Azure CLI 的令牌没有说明属于谁。'],
  ['Run az logout and az login, then run this command again.', '请运行 az logout 和 az login，然后重新运行此命令。'],
  ['Cloud Shell is in the tenant {}, and {} was asked for.', 'Cloud Shell 位于租户 {1}，而需要的是 {2}。'],
  [
    'Run az login --tenant {} --allow-no-subscriptions there, then run this command again.',
    '请在其中运行 az login --tenant {1} --allow-no-subscriptions，然后重新运行此命令。',
  ],
  ['The Azure CLI answered with something that is not JSON.', 'Azure CLI 返回的内容不是 JSON。'],
  [
    'Run the command below by hand and look at what it prints; an update of az may be due (az upgrade).',
    '请手动运行下方的命令并查看其输出；az 可能需要更新（az upgrade）。',
  ],
  ['A list of Azure led to another host.', 'Azure 的列表指向了另一台主机。'],
  ['Report this.', '请报告此问题。'],
  ['The Azure CLI is not installed, or is not on PATH.', '未安装 Azure CLI，或 PATH 中没有它。'],
  [
    "Install it ({}), or use Azure's Cloud Shell, which has it.",
    '请安装 Azure CLI（{1}），或使用已包含它的 Azure Cloud Shell。',
  ],
  ['{} is no id of an application.', '{1} 不是应用程序的 ID。'],
  [
    'Look at the tag mail-broker-client-id of the resource group and at the setting CLIENT_ID of the app; give the right one with --client-id.',
    '请查看资源组的标记 mail-broker-client-id 和应用的设置 CLIENT_ID，并用 --client-id 给出正确的 ID。',
  ],
  // cli/deploy/steps/login.ts
  [
    'az is logged in to {}; this command knows the public cloud (AzureCloud) only.',
    'az 登录的是 {1}；此命令仅支持公有云（AzureCloud）。',
  ],
  [
    'Run az cloud set --name AzureCloud and az login, or set up the broker by hand (docs/admin.md).',
    '请运行 az cloud set --name AzureCloud 和 az login，或手动设置代理（docs/admin.zh.md）。',
  ],
  ['The account {} sees no subscription in this tenant.', '帐户 {1} 在此租户中看不到任何订阅。'],
  [
    'Log in with one that does (az login), or give the subscription by its id: --subscription ID.',
    '请用能看到订阅的帐户登录（az login），或用 --subscription ID 指定订阅。',
  ],
  ['The subscription {} is {}: Azure makes nothing in it.', '订阅 {1} 的状态为 {2}：Azure 不会在其中创建任何资源。'],
  ['Choose another one with --subscription, or have it enabled.', '请用 --subscription 选择其他订阅，或将其启用。'],
  // cli/deploy/steps/arguments.ts, cli/deploy/plan
  ['Change the options listed, and run this command again.', '请更改所列的选项，然后重新运行此命令。'],
  [
    '--location takes the name of a region, such as westeurope, and not {}.',
    '--location 应为区域名称，例如 westeurope，而不是 {1}。',
  ],
  [
    '--mailbox-tenant takes the id of a tenant, or one of its domains, and not {}.',
    '--mailbox-tenant 应为租户 ID 或其域名，而不是 {1}。',
  ],
  [
    '--client-id takes an application (client) id, a GUID, and not {}.',
    '--client-id 应为应用程序（客户端）ID，即 GUID，而不是 {1}。',
  ],
  [
    '--network-prefix takes an address space such as 10.71.0.0/24, and not {}.',
    '--network-prefix 应为地址空间，例如 10.71.0.0/24，而不是 {1}。',
  ],
  ['--alerts takes a mail address, and not {}.', '--alerts 应为邮件地址，而不是 {1}。'],
  [
    '--public-url takes https://HOST and nothing more, and not {}.',
    '--public-url 应为 https://HOST，不含其他内容，而不是 {1}。',
  ],
  ['--allowed-tenants takes ids of tenants, or *, and not {}.', '--allowed-tenants 应为租户 ID 或 *，而不是 {1}。'],
  ['The name of the app (--name) is {}; Azure takes {}.', '应用名称（--name）为 {1}；Azure 要求{2}。'],
  ['The name of the vault (--vault-name) is {}; Azure takes {}.', '保管库名称（--vault-name）为 {1}；Azure 要求{2}。'],
  [
    'The name of the storage account (--storage-name) is {}; Azure takes {}.',
    '存储帐户名称（--storage-name）为 {1}；Azure 要求{2}。',
  ],
  [
    'The name of the storage account for the tables is {}; Azure takes {}.',
    '数据表的存储帐户名称为 {1}；Azure 要求{2}。',
  ],
  [
    'The name of the resource group (--resource-group) is {}; Azure takes {}.',
    '资源组名称（--resource-group）为 {1}；Azure 要求{2}。',
  ],
  [
    '4 to 40 lower-case letters, digits and hyphens, neither first nor last a hyphen',
    '使用 4 到 40 个小写字母、数字和连字符，首尾不能是连字符',
  ],
  [
    '3 to 24 letters, digits and single hyphens, the first a letter, the last none of the hyphens',
    '使用 3 到 24 个字母、数字和不连续的连字符，以字母开头，不以连字符结尾',
  ],
  ['3 to 24 lower-case letters and digits', '使用 3 到 24 个小写字母和数字'],
  [
    '1 to 90 letters, digits, underscores, parentheses, hyphens and points, the last not a point',
    '使用 1 到 90 个字母、数字、下划线、括号、连字符和句点，不以句点结尾',
  ],
  ['The resource group holds the app {}, and --name says {}.', '资源组中的应用是 {1}，而 --name 为 {2}。'],
  ['Choose another --resource-group.', '请选择其他 --resource-group。'],
  [
    'Nothing says in which region: give --location, such as --location westeurope.',
    '未指定区域：请给出 --location，例如 --location westeurope。',
  ],
  ['The app is in {}, and an app cannot move.', '应用位于 {1}，无法迁移。'],
  ['Leave --location out.', '请去掉 --location。'],
  ['The tables are there already, and they do not move between accounts.', '数据表已存在，无法在帐户之间迁移。'],
  ['Leave --separate-tables as it was.', '请保持 --separate-tables 原来的值。'],
  ['Purge protection is on and cannot be turned off.', '清除保护已启用，无法关闭。'],
  ['Leave --no-purge-protection out.', '请去掉 --no-purge-protection。'],
  [
    'A managed identity in place of the client secret is not known to work for personal accounts.',
    '尚不确定个人帐户能否用托管标识代替客户端机密。',
  ],
  [
    'Use --credential secret, or leave personal accounts out (--audience several).',
    '请使用 --credential secret，或不包括个人帐户（--audience several）。',
  ],
  [
    'The managed identity and the mailboxes are in different tenants, and the application is for one tenant.',
    '托管标识与邮箱位于不同的租户，而应用只面向一个租户。',
  ],
  [
    'Use --audience several (an application for several tenants, registered beside the identity), or --credential secret.',
    '请使用 --audience several（在托管标识所在租户注册的多租户应用），或 --credential secret。',
  ],
];

/** A text of Azure's or of the deploy in Chinese; undefined where one of its sentences has none. */
export const azureTextZh = createTranslation(rows);

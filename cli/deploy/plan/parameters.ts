import type { Credential } from '../options.ts';
import type { Choices } from './choose.ts';

type Value = string | number | boolean | readonly string[] | Readonly<Record<string, string>>;
export type Parameters = Readonly<Record<string, Value>>;

export interface MainInput {
  readonly choices: Choices;
  readonly clientId: string;
  readonly credential: Credential;
  /** A deleted vault of the name is brought back. */
  readonly recoverVault: boolean;
}

/** Parameters of infra/main.bicep (infra/README.md has the table). Pure. */
export function mainParameters({ choices, clientId, credential, recoverVault }: MainInput): Parameters {
  const { names } = choices;
  return {
    appName: names.app,
    location: choices.location,
    tags: choices.tags,
    ...(choices.azdEnvironment === '' ? {} : { azdEnvironment: choices.azdEnvironment }),
    clientId,
    tenant: choices.tenantSetting,
    allowedTenants: choices.allowedTenants,
    adminTenant: choices.adminTenant,
    credentialMode: credential,
    clientSecretName: choices.clientSecretName,
    publicUrl: choices.publicUrl,
    instanceMemoryMB: choices.memoryMb,
    maximumInstanceCount: choices.maximumInstances,
    ...(choices.requestBodyLimitBytes === undefined ? {} : { requestBodyLimitBytes: choices.requestBodyLimitBytes }),
    extraAppSettings: choices.addedSettings,
    storageName: names.storage,
    separateTables: choices.separateTables,
    tablesName: names.tables,
    vaultName: names.vault,
    purgeProtection: choices.purgeProtection,
    recoverVault,
    network: choices.network,
    networkPrefix: choices.networkPrefix,
    dailyCapGb: String(choices.dailyCapGb),
    alertEmail: choices.alertEmail,
    budgetAmount: choices.budget,
    ...(choices.budget === 0 ? {} : { budgetStart: choices.budgetStart }),
  };
}

/** As `az deployment group create --parameters @-` reads them from standard input. */
export const asFile = (parameters: Parameters): string =>
  JSON.stringify(Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, { value }])));

const textOf = (value: Value): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));

/** As a person would write them behind `--parameters`. The values of settings that an admin added are left out. */
export function asArguments(parameters: Parameters): string[] {
  return Object.entries(parameters).map(([name, value]) => {
    const shown =
      name === 'extraAppSettings' && typeof value === 'object' && !Array.isArray(value)
        ? Object.fromEntries(Object.keys(value).map((setting) => [setting, '<as it is>']))
        : value;
    return `${name}=${textOf(shown)}`;
  });
}

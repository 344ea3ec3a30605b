import { z } from 'zod';
import type { Network } from '../options.ts';

/** What is there already, as far as the deploy asks. Read from the resources themselves, not from a record of ours. */
export interface Existing {
  readonly group: { readonly location: string; readonly tags: Readonly<Record<string, string>> } | undefined;
  readonly app:
    | {
        readonly name: string;
        readonly location: string;
        readonly hostName: string;
        readonly memoryMb: number | undefined;
        readonly maximumInstances: number | undefined;
        readonly hasNetwork: boolean;
        readonly tags: Readonly<Record<string, string>>;
      }
    | undefined;
  /** App settings. What an admin put there may be a secret: never told. */
  readonly settings: Readonly<Record<string, string>>;
  readonly vault: { readonly purgeProtection: boolean; readonly isPrivate: boolean } | undefined;
  readonly identityPrincipalId: string | undefined;
  readonly alertEmail: string | undefined;
  readonly budget: { readonly amount: number; readonly start: string } | undefined;
  readonly workspace: { readonly dailyCapGb: number | undefined } | undefined;
  readonly networkPrefix: string | undefined;
}

/** Where there is not even a resource group. */
export const nothingExists: Existing = {
  group: undefined,
  app: undefined,
  settings: {},
  vault: undefined,
  identityPrincipalId: undefined,
  alertEmail: undefined,
  budget: undefined,
  workspace: undefined,
  networkPrefix: undefined,
};

const tags = z.record(z.string(), z.string()).nullish();

export const groupForm = z
  .object({ location: z.string(), tags })
  .transform((group) => ({ location: group.location, tags: group.tags ?? {} }));

export const siteForm = z
  .object({
    name: z.string(),
    location: z.string(),
    tags,
    properties: z.object({
      defaultHostName: z.string(),
      virtualNetworkSubnetId: z.string().nullish(),
      functionAppConfig: z
        .object({
          scaleAndConcurrency: z
            .object({ instanceMemoryMB: z.number().optional(), maximumInstanceCount: z.number().optional() })
            .nullish(),
        })
        .nullish(),
    }),
  })
  .transform(({ name, location, tags: given, properties }) => ({
    name,
    location,
    hostName: properties.defaultHostName,
    memoryMb: properties.functionAppConfig?.scaleAndConcurrency?.instanceMemoryMB,
    maximumInstances: properties.functionAppConfig?.scaleAndConcurrency?.maximumInstanceCount,
    hasNetwork: (properties.virtualNetworkSubnetId ?? '') !== '',
    tags: given ?? {},
  }));

export const settingsForm = z
  .object({ properties: z.record(z.string(), z.string()).nullish() })
  .transform(({ properties }) => properties ?? {});

export const vaultForm = z
  .object({
    properties: z.object({
      enablePurgeProtection: z.boolean().nullish(),
      networkAcls: z.object({ defaultAction: z.string().nullish() }).nullish(),
    }),
  })
  .transform(({ properties }) => ({
    purgeProtection: properties.enablePurgeProtection === true,
    isPrivate: properties.networkAcls?.defaultAction === 'Deny',
  }));

export const identityForm = z
  .object({ properties: z.object({ principalId: z.string() }) })
  .transform(({ properties }) => properties.principalId);

export const actionGroupForm = z
  .object({ properties: z.object({ emailReceivers: z.array(z.object({ emailAddress: z.string() })).nullish() }) })
  .transform(({ properties }) => properties.emailReceivers?.[0]?.emailAddress);

export const budgetForm = z
  .object({ properties: z.object({ amount: z.number(), timePeriod: z.object({ startDate: z.string() }) }) })
  // `2026-11-01T00:00:00Z`; the template wants the day.
  .transform(({ properties }) => ({ amount: properties.amount, start: properties.timePeriod.startDate.slice(0, 10) }));

export const workspaceForm = z
  .object({ properties: z.object({ workspaceCapping: z.object({ dailyQuotaGb: z.number().nullish() }).nullish() }) })
  .transform(({ properties }) => ({ dailyCapGb: properties.workspaceCapping?.dailyQuotaGb ?? undefined }));

export const networkForm = z
  .object({ properties: z.object({ addressSpace: z.object({ addressPrefixes: z.array(z.string()) }) }) })
  .transform(({ properties }) => properties.addressSpace.addressPrefixes[0]);

/** The network that the app has now. */
export function existingNetwork({ app, vault }: Existing): Network | undefined {
  if (app === undefined) return undefined;
  if (!app.hasNetwork) return 'none';
  return vault?.isPrivate === true ? 'private' : 'nat';
}

/** `https://NAME.anything`: the name of an account or a vault in its address. */
export function accountOf(address: string | undefined): string | undefined {
  if (address === undefined || !URL.canParse(address)) return undefined;
  return new URL(address).hostname.split('.')[0];
}

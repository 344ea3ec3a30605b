import { Refused } from './answers.ts';
import type { AzureModel } from './model.ts';
import { appRoles } from './templates.ts';

/** Takes a package: the app's identity has to reach the container, as in Azure. */
export function uploadPackage(model: AzureModel, name: string): void {
  const site = [...model.resources.values()].find(
    (one) => one.type === 'Microsoft.Web/sites' && one.name.toLowerCase() === name.toLowerCase(),
  );
  const app = model.apps.get(name.toLowerCase());
  if (site === undefined || app === undefined) throw new Refused(404, 'NotFound', `Can't find app with name "${name}"`);
  const storage = new URL(app.settings.AzureWebJobsStorage__blobServiceUri ?? 'https://none.example').hostname.split(
    '.',
  )[0];
  const account = [...model.resources.values()].find(
    (one) => one.type === 'Microsoft.Storage/storageAccounts' && one.name === storage,
  );
  const identity = identityOf(model, app.settings);
  if (account === undefined || identity === undefined || !model.counts(identity, appRoles.blobs, account.id)) {
    throw new Refused(
      403,
      'Forbidden',
      'InaccessibleStorageException: Failed to access storage account for deployment: 403.',
    );
  }
  app.functions = model.packaged;
  if (!model.behaviour.keepsOldVersion) app.version = model.packagedVersion;
  app.listedAt = model.clock.now() + model.behaviour.syncMs;
}

/** Principal id of the identity whose client id the app's settings name. */
export function identityOf(model: AzureModel, settings: Readonly<Record<string, string>>): string | undefined {
  const found = [...model.resources.values()].find(
    (one) =>
      one.type === 'Microsoft.ManagedIdentity/userAssignedIdentities' &&
      one.properties.clientId === settings.AZURE_CLIENT_ID,
  );
  return typeof found?.properties.principalId === 'string' ? found.properties.principalId : undefined;
}

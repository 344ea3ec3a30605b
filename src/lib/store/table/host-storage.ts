/**
 * Where the storage of the Functions host is: a connection string (the emulator), or the address of one of its services,
 * for which the identity signs in.
 */
export type HostStorage = { readonly connectionString: string } | { readonly url: string };

/**
 * @param environment `AzureWebJobsStorage` (a connection string), or `AzureWebJobsStorage__queueServiceUri`,
 *   `…__blobServiceUri` or `…__accountName`
 * @returns undefined if no setting names it
 * https://learn.microsoft.com/azure/azure-functions/functions-reference#connecting-to-host-storage-with-an-identity
 */
export function hostStorage(
  environment: Readonly<Record<string, string | undefined>>,
  service: 'queue' | 'blob',
): HostStorage | undefined {
  const connectionString = environment.AzureWebJobsStorage ?? '';
  if (connectionString !== '') return { connectionString };
  const account = environment.AzureWebJobsStorage__accountName ?? '';
  const url =
    environment[`AzureWebJobsStorage__${service}ServiceUri`] ??
    (account === '' ? undefined : `https://${account}.${service}.core.windows.net`);
  return url === undefined ? undefined : { url: url.replace(/\/+$/, '') };
}

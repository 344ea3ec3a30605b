import { identityError } from '../../domain/identity-error.ts';
import { isForeignAnswer, serviceCode } from './azure-error.ts';

/**
 * Why Table Storage was not reached, where its answer, or the lack of one, tells more than that; a sentence for the owner
 * of the deployment. @see https://learn.microsoft.com/rest/api/storageservices/common-rest-api-error-codes
 */
export function whyUnreachable(cause: unknown): string | undefined {
  const identity = identityError(cause);
  if (identity !== undefined) return `Table Storage could not be called. ${identity.message} ${identity.remedy}`;
  if (isForeignAnswer(cause)) {
    return 'What answers at the address of Table Storage is something else: check TABLES_URL, and any proxy on the way there.';
  }
  switch (serviceCode(cause)) {
    case 'AuthorizationPermissionMismatch':
    case 'InsufficientAccountPermissions':
      return "Table Storage denies access to the app's identity, which needs the role Storage Table Data Contributor on the account.";
    // What the firewall of an account says; AuthorizationSourceIPMismatch is its own word for an address.
    case 'AuthorizationFailure':
    case 'AuthorizationSourceIPMismatch':
      return "The storage account's firewall blocks the app.";
    case 'ENOTFOUND':
      return 'The host name in TABLES_URL cannot be resolved: it is misspelt, or the account was deleted.';
    case 'ServerBusy':
      return 'Table Storage is throttling requests.';
    default:
      return undefined;
  }
}

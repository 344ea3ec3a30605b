/** Why a secret cannot be used, for the owner of the deployment; names the secret, never its value. */
export const absentSecret = (name: string): string => `The secret ${name} is not in Key Vault, or was deleted.`;
export const disabledSecret = (name: string): string => `All versions of the secret ${name} in Key Vault are disabled.`;
export const disabledVersion = (name: string): string =>
  `A version of the secret ${name} in Key Vault that is still needed is disabled.`;

/**
 * The tenant in which all personal accounts live; they sign in and renew at `consumers`.
 * https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference
 */
export const personalTenant = '9188040d-6c67-4c5b-b112-36a304b66dad';

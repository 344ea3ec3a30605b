import { redact } from '../../src/lib/log.ts';
import { AzureProblem, type ProblemFacts } from './problem.ts';

/** What was refused, before it has a name of ours. */
export interface Refusal extends ProblemFacts {
  /** The whole text: the body's message, or what a program wrote to stderr. */
  readonly text: string;
}

interface Row {
  readonly code: string;
  /** Azure's codes that mean this, compared without regard to case. */
  readonly azure?: readonly string[];
  /** Sentences that mean this, where no code comes along. */
  readonly says?: RegExp;
  readonly status?: readonly number[];
  readonly sentence: string;
  readonly remedy: string;
}

/**
 * From what Azure says to what the admin can do; the first row that fits. Each `says` has the source of its words:
 * azure-cli's own (src/azure-cli-core/azure/cli/core/{_profile,auth/util}.py) unless another is named.
 */
export const rows: readonly Row[] = [
  {
    code: 'not_logged_in',
    says: /Please run ['"]?az login['"]? to (?:setup|access)|az login.{0,40}to setup account|AADSTS70043|AADSTS700082|AADSTS50173/i,
    sentence: 'You are not logged in to Azure, or the login has expired.',
    remedy: 'Run az login, then run this command again. It continues where it stopped.',
  },
  {
    code: 'mfa_required',
    // RequestDisallowedByAzure is ARM's own (aka.ms/mfaforazure); the AADSTS codes are those of a demand for more factors.
    azure: ['RequestDisallowedByAzure', 'insufficient_claims'],
    says: /AADSTS5007[2469]|AADSTS50078|AADSTS53003|--claims-challenge|interaction_required/i,
    sentence: 'Microsoft requires multifactor authentication (MFA) first.',
    remedy: 'Log in again as shown, then run this command again. It continues where it stopped.',
  },
  {
    code: 'role_not_yet',
    // Key Vault: https://learn.microsoft.com/azure/key-vault/general/rbac-guide
    azure: ['ForbiddenByRbac'],
    sentence: 'Key Vault denies access: the role is missing, or has not taken effect yet.',
    remedy: 'A new role takes effect within minutes, sometimes half an hour. Run this command again.',
  },
  {
    code: 'vault_firewall',
    // https://learn.microsoft.com/azure/key-vault/general/access-behind-firewall
    azure: ['ForbiddenByFirewall', 'ForbiddenByConnection'],
    sentence: 'The Key Vault firewall blocks this machine.',
    remedy:
      'Run this command from a machine that the vault allows, or let it add a rule for the duration of the deploy.',
  },
  {
    code: 'principal_not_found',
    // https://github.com/Azure/bicep/issues/3695
    azure: ['PrincipalNotFound'],
    sentence: 'Entra does not know the new identity everywhere yet.',
    remedy: 'Run this command again in a minute.',
  },
  {
    code: 'locked',
    azure: ['ScopeLocked'],
    sentence: 'A lock forbids this change.',
    remedy: 'Remove the lock (az lock list --resource-group NAME), then run this command again.',
  },
  {
    code: 'policy_denied',
    azure: ['RequestDisallowedByPolicy'],
    sentence: 'A policy of your organisation forbids this.',
    remedy:
      'The text below names the policy. Ask the owner of your Azure policies for an exemption, or choose other options.',
  },
  {
    code: 'secret_lifetime',
    // https://github.com/KelvinTegelaar/CIPP-API/pull/1970, https://github.com/microsoft/PubSec-Info-Assistant/issues/681
    azure: ['CredentialInvalidLifetimeAsPerAppPolicy'],
    says: /Credential lifetime exceeds the max value allowed/i,
    sentence: 'Your organisation does not allow client secrets with such a long lifetime.',
    remedy: 'Use the managed identity (--credential federated), or have the policy for application secrets changed.',
  },
  {
    code: 'secrets_forbidden',
    azure: ['CredentialTypeNotAllowedAsPerAppPolicy'],
    says: /Credential type not allowed as per assigned policy/i,
    sentence: 'Your organisation forbids client secrets.',
    remedy: 'Use the managed identity instead: --credential federated.',
  },
  {
    code: 'provider_not_registered',
    azure: ['MissingSubscriptionRegistration', 'SubscriptionNotRegistered'],
    sentence: 'The subscription has not registered a resource provider that the broker needs.',
    remedy: 'Run az provider register --namespace NAME for the provider that the text below names.',
  },
  {
    code: 'quota',
    azure: ['QuotaExceeded', 'SubscriptionIsOverQuotaForSku', 'OperationNotAllowed'],
    sentence: 'The subscription has no quota left for this in this region.',
    remedy: 'Choose another region (--location), or have the quota raised.',
  },
  {
    code: 'name_taken',
    azure: ['StorageAccountAlreadyTaken', 'VaultAlreadyExists', 'WebsiteAlreadyExists', 'NameNotAvailable'],
    sentence: 'The name is already taken.',
    remedy: 'Choose another one with --name.',
  },
  {
    code: 'forbidden',
    azure: [
      'AuthorizationFailed',
      'Authorization_RequestDenied',
      'LinkedAuthorizationFailed',
      'Forbidden',
      'AccessDenied',
    ],
    status: [403],
    sentence: 'You lack a right that this needs.',
    remedy: 'The text below names it. Ask for the role, then run this command again.',
  },
  {
    code: 'wrong_tenant',
    azure: ['InvalidAuthenticationTokenTenant', 'SubscriptionNotFound'],
    says: /subscription of '.*' doesn't exist|Subscription '.*' not found/i,
    sentence: 'The account that is logged in does not see this subscription.',
    remedy: 'Run az login --tenant TENANT with an account that has rights in the subscription.',
  },
  {
    code: 'throttled',
    azure: ['TooManyRequests'],
    status: [429],
    sentence: 'Azure is throttling requests and did not recover while this command waited.',
    remedy: 'Run this command again in some minutes.',
  },
  {
    code: 'not_found',
    azure: ['ResourceNotFound', 'ResourceGroupNotFound', 'Request_ResourceNotFound', 'NotFound'],
    status: [404],
    sentence: 'Azure does not have the requested resource.',
    remedy: 'If it was just created, run this command again in a minute.',
  },
  {
    code: 'unreachable',
    // Sentences of requests and urllib3, which az prints as they are.
    says: /Max retries exceeded|Connection aborted|Connection reset|ConnectionError|Failed to establish a new connection|Name or service not known|getaddrinfo failed|Read timed out/i,
    sentence: 'Azure cannot be reached, or its answer was lost.',
    remedy: 'Check the network and its proxy, then run this command again. It first checks what exists.',
  },
  {
    code: 'azure_down',
    status: [500, 502, 503, 504],
    sentence: 'Azure answered with a server error and did not recover while this command waited.',
    remedy: 'Look at https://status.azure.com, and run this command again later.',
  },
];

const known = new Set(rows.flatMap(({ azure = [] }) => azure.map((code) => code.toLowerCase())));

/** Whether a code of Azure's has a row of its own: those around it, such as DeploymentFailed, say less. */
export const isKnownCode = (code: string): boolean => known.has(code.toLowerCase());

const unknown: Row = {
  code: 'refused',
  sentence: 'Azure refused a request.',
  remedy: 'The text below is its own. Fix what it names, then run this command again.',
};

function fits(row: Row, refusal: Refusal): boolean {
  const code = refusal.azureCode?.toLowerCase();
  if (code !== undefined && row.azure?.some((one) => one.toLowerCase() === code) === true) return true;
  if (row.says?.test(refusal.text) === true) return true;
  return refusal.status !== undefined && row.status?.includes(refusal.status) === true;
}

const longestText = 1_500;

/** A refusal as a problem with a sentence and a remedy. Pure. */
export function problemOf({ text, ...facts }: Refusal, cause?: unknown): AzureProblem {
  const row = rows.find((one) => fits(one, { text, ...facts })) ?? unknown;
  const said = redact(text.trim()).slice(0, longestText);
  return new AzureProblem(row.code, row.sentence, row.remedy, said === '' ? facts : { ...facts, said }, cause);
}

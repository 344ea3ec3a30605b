import { AzureProblem, isProblem } from '../azure/problem.ts';
import type { NotYet } from '../azure/retry.ts';
import type { Refusal } from '../azure/sentences.ts';

// What Microsoft Graph says while something new spreads through the directory, and of what is there already. All of it is
// matched here.

/** Threads: */
const spreading: readonly RegExp[] = [
  // https://github.com/microsoftgraph/msgraph-sdk-javascript/issues/1999 (404, at times 400)
  /does not exist or one of its queried reference-property objects are not present/i,
  // https://github.com/hashicorp/vault-plugin-secrets-azure/issues/8
  /does not reference a valid application object/i,
  // https://github.com/hashicorp/terraform-provider-azuread/issues/611; with 403, though no right is missing
  /backing application of the service principal being created must in the local tenant/i,
  // https://github.com/microsoftgraph/msgraph-bicep-types/issues/193
  /not a valid reference update/i,
  // A role that was added to the application a moment ago.
  /permission being assigned was not found on application/i,
];

const isSpreading = ({ status, text }: Refusal): boolean => status === 404 || spreading.some((form) => form.test(text));

/** How long a call waits for what this run made: people report more than five minutes (msgraph-bicep-types#193). */
export const spreadMs = 10 * 60_000;

/** How long it waits for what was surely made before. */
export const briefMs = 2 * 60_000;

/** To try again while something new spreads. */
export const whileSpreading = (forMs: number, report: (line: string) => void): NotYet => ({
  forMs,
  when: isSpreading,
  waiting: (waitedMs) =>
    report(`Waiting until Entra has replicated the new application (${Math.round(waitedMs / 1000)} s)`),
});

const said = (error: AzureProblem): string => error.facts.said ?? '';

/** It was waited for, and still does not count everywhere. */
export const isStillSpreading = (error: unknown): boolean =>
  error instanceof AzureProblem && isSpreading({ ...error.facts, text: said(error) });

/** What was to be made is there: someone else made it, or a lost answer was a yes. */
export const isThereAlready = (error: unknown): boolean =>
  error instanceof AzureProblem &&
  // "Permission entry already exists": https://github.com/hashicorp/terraform-provider-azuread/issues/690.
  // "EntitlementGrant entry already exists": https://github.com/microsoftgraph/msgraph-bicep-types/issues/161.
  // "The combination of issuer and subject must be unique": https://github.com/Azure/azure-workload-identity/issues/434.
  /entry already exists|permission being assigned already exists|combination of issuer and subject must be unique/i.test(
    said(error),
  );

/**
 * The name is taken by an application that cannot be seen: a deleted one keeps it for 30 days
 * (https://github.com/microsoftgraph/msgraph-bicep-types/issues/137), or a new one is not known everywhere yet.
 */
export const isNameTaken = ({ text }: Refusal): boolean =>
  /another object with the same value for property uniqueName already exists/i.test(text);

export const isNameProblem = (error: unknown): boolean =>
  error instanceof AzureProblem && isNameTaken({ text: said(error) });

/** The person may not; as against what would fail for anyone. A principal has no `/me`, and hears so with 400. */
export const isRefused = (error: unknown): error is AzureProblem => isProblem(error, 'forbidden');

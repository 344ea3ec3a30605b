import { AzureProblem, isProblem } from '../azure/problem.ts';
import type { Rest } from '../azure/rest.ts';
import { type Principal, principalForm } from './forms.ts';
import type { EntraParts, WantedApplication } from './interface.ts';
import { createIfMissing, paths } from './paths.ts';
import { isRefused, isStillSpreading, spreadMs, whileSpreading } from './sentences.ts';

const query = { $select: 'id,appRoleAssignmentRequired' };

/** The service principal ("enterprise application") in a tenant; `hidden` where the person may not look. */
export async function readPrincipal(graph: Rest, clientId: string): Promise<Principal | 'hidden' | undefined> {
  try {
    const body = await graph.get(paths.principal(clientId), { query });
    return body === undefined ? undefined : principalForm.parse(body);
  } catch (error) {
    if (isProblem(error, 'forbidden')) return 'hidden';
    throw error;
  }
}

/**
 * Makes the service principal in the tenant that holds the mailboxes. The person who registered the application may
 * make it in their own tenant; in another one its administrators decide.
 * @returns undefined where the person may not make it
 * @throws AzureProblem still_spreading
 */
export async function createPrincipal(
  { mailboxGraph, report }: EntraParts,
  clientId: string,
  { homeTenant, mailboxTenant }: WantedApplication,
): Promise<Principal | undefined> {
  const path = paths.principal(clientId);
  const spreading = whileSpreading(spreadMs, report);
  // Of an application of another tenant, "must in the local tenant" says that a right is missing.
  const isApart = homeTenant.toLowerCase() !== mailboxTenant.toLowerCase();
  const notYet = {
    ...spreading,
    when: (refusal: Parameters<typeof spreading.when>[0]) =>
      spreading.when(refusal) && !(isApart && refusal.status === 403),
  };
  try {
    const { body } = await mailboxGraph.send('PATCH', path, {
      // Without this tag it is missing in the list "Enterprise applications".
      body: { tags: ['WindowsAzureActiveDirectoryIntegratedApp'] },
      ...{ headers: createIfMissing, notYet },
      instead: { id: '<object id of the enterprise application>' },
    });
    return principalForm.parse(body ?? (await mailboxGraph.get(path, { query, notYet: spreading })));
  } catch (error) {
    if (isStillSpreading(error) && !(isApart && isRefused(error))) throw stillSpreading(error);
    if (isRefused(error)) return undefined;
    throw error;
  }
}

const stillSpreading = (cause: unknown): AzureProblem =>
  new AzureProblem(
    'still_spreading',
    'Entra does not know the new application everywhere yet.',
    'Run this command again in some minutes. It continues where it stopped.',
    cause instanceof AzureProblem ? cause.facts : {},
    cause,
  );

/** What to know of a principal that is there. */
export const principalNotes = ({ appRoleAssignmentRequired }: Principal): string[] =>
  appRoleAssignmentRequired
    ? [
        'Assignment is required for the enterprise application: people who are not assigned get AADSTS50105 when they connect their mailbox. Set it to No, or assign each of them.',
      ]
    : [];

import { z } from 'zod';
import { isProblem } from '../azure/problem.ts';
import type { Rest } from '../azure/rest.ts';
import { readPerson } from './administrator.ts';
import type { EntraParts, EntraRights } from './interface.ts';
import { paths } from './paths.ts';
import { consentRoles, type DirectoryRole, namesOf, registerActions, registerRoles } from './roles.ts';

/** What was found out about the person; undefined: they may not look. */
export interface RightsQuestion {
  /** Template ids of the roles in the tenant in which the application is registered. */
  readonly homeRoles: readonly string[] | undefined;
  /** The same in the tenant that holds the mailboxes. */
  readonly mailboxRoles: readonly string[] | undefined;
  /** What the tenant's own roles of the person allow; empty where they cannot be read. */
  readonly actions: readonly string[];
  /** "Users can register applications" */
  readonly usersMayRegister: boolean | undefined;
}

const has = (roles: readonly string[], wanted: readonly DirectoryRole[]): boolean =>
  wanted.some(({ templateId }) => roles.includes(templateId));

/**
 * Who may what. `false` only where it was seen: a deploy that could succeed is not stopped by a guess. Pure.
 */
export function rightsOf({ homeRoles, mailboxRoles, actions, usersMayRegister }: RightsQuestion): EntraRights {
  const byRole =
    homeRoles !== undefined && (has(homeRoles, registerRoles) || registerActions.some((one) => actions.includes(one)));
  const mayRegister =
    byRole || usersMayRegister === true
      ? true
      : homeRoles === undefined || usersMayRegister === undefined
        ? undefined
        : false;
  return {
    mayRegister,
    mayConsent: mailboxRoles === undefined ? undefined : has(mailboxRoles, consentRoles),
    registerRoles: namesOf(registerRoles),
    consentRoles: namesOf(consentRoles),
  };
}

const roleForm = z.object({ roleTemplateId: z.string().nullish() });
const policyForm = z.object({
  defaultUserRolePermissions: z.object({ allowedToCreateApps: z.boolean().nullish() }).nullish(),
});
const assignmentForm = z.object({
  roleDefinition: z
    .object({ rolePermissions: z.array(z.object({ allowedResourceActions: z.array(z.string()).nullish() })).nullish() })
    .nullish(),
});

/** What a read answers; undefined where the person, or the Azure CLI in their name, may not read it. */
async function ifAllowed<Value>(read: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await read();
  } catch (error) {
    // A service principal hears 400 at /me.
    if (isProblem(error, 'forbidden', 'refused', 'not_found')) return undefined;
    throw error;
  }
}

const rolesIn = (graph: Rest) =>
  ifAllowed(async () => {
    // A cast needs both: https://learn.microsoft.com/graph/aad-advanced-queries
    const query = { $select: 'roleTemplateId', $count: 'true' };
    const all = await graph.list(paths.personRoles, { query, headers: { ConsistencyLevel: 'eventual' } });
    return all.flatMap((one) => roleForm.parse(one).roleTemplateId ?? []);
  });

const actionsIn = (graph: Rest, personId: string) =>
  ifAllowed(async () => {
    const query = { $filter: `principalId eq '${personId}'`, $expand: 'roleDefinition' };
    const all = await graph.list(paths.directoryAssignments, { query });
    return all.flatMap((one) =>
      (assignmentForm.parse(one).roleDefinition?.rolePermissions ?? []).flatMap(
        (part) => part.allowedResourceActions ?? [],
      ),
    );
  });

/** Looks what the person may do. Changes nothing. */
export async function readRights({ graph, mailboxGraph }: EntraParts): Promise<EntraRights> {
  const homeRoles = await rolesIn(graph);
  const mailboxRoles = graph === mailboxGraph ? homeRoles : await rolesIn(mailboxGraph);
  const policy = await ifAllowed(async () => policyForm.parse((await graph.get(paths.authorization)) ?? {}));
  const person = await readPerson(graph);
  const actions = person === undefined ? undefined : await actionsIn(graph, person.id);
  // What holds for members does not hold for guests in every tenant.
  const usersMayRegister =
    person?.isGuest === true ? undefined : policy?.defaultUserRolePermissions?.allowedToCreateApps;
  return rightsOf({ homeRoles, mailboxRoles, actions: actions ?? [], usersMayRegister: usersMayRegister ?? undefined });
}

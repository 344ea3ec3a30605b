import { adminRole } from '../../src/lib/domain/admin-role.ts';
import { isProblem } from '../azure/problem.ts';
import type { Rest } from '../azure/rest.ts';
import { type Assignment, assignmentForm, personForm } from './forms.ts';
import type { EntraParts } from './interface.ts';
import { isPlaceholder, paths } from './paths.ts';
import { isRefused, isStillSpreading, isThereAlready, spreadMs, whileSpreading } from './sentences.ts';

/** The signed-in person, as the tenant that holds the mailboxes knows them. */
export interface Person {
  readonly id: string;
  readonly isGuest: boolean;
}

/** Undefined for a service principal, which has no `/me`, and for anyone who may not even read themselves. */
export async function readPerson(graph: Rest): Promise<Person | undefined> {
  try {
    const body = await graph.get(paths.person, { query: { $select: 'id,userType' } });
    if (body === undefined) return undefined;
    const { id, userType } = personForm.parse(body);
    return { id, isGuest: userType === 'Guest' };
  } catch (error) {
    if (isProblem(error, 'forbidden', 'refused')) return undefined;
    throw error;
  }
}

export interface AdministratorQuestion {
  readonly person: Person | undefined;
  /** Of the role in this application; undefined where it has none. */
  readonly roleId: string | undefined;
  /** Who has roles of this application; undefined where the person may not look. */
  readonly assignments: readonly Assignment[] | undefined;
}

export type AdministratorPlan =
  | { readonly kind: 'nothing'; readonly note?: string }
  | { readonly kind: 'assign'; readonly personId: string; readonly roleId: string };

const byHand = `Give ${adminRole.value} to a member of the tenant (Enterprise applications, Users and groups).`;

/**
 * The person who deploys gets the role for the dashboard if no one has it yet: a later deploy gives no right that the
 * administrators did not. Guests are refused by the dashboard. Pure.
 */
export function planAdministrator({ person, roleId, assignments }: AdministratorQuestion): AdministratorPlan {
  if (roleId === undefined || assignments === undefined) return { kind: 'nothing' };
  if (assignments.some(({ appRoleId }) => appRoleId === roleId)) return { kind: 'nothing' };
  if (person === undefined) return { kind: 'nothing', note: `No one can open the dashboard yet. ${byHand}` };
  if (person.isGuest) {
    return { kind: 'nothing', note: `No one can open the dashboard yet, and you are a guest in the tenant. ${byHand}` };
  }
  return { kind: 'assign', personId: person.id, roleId };
}

/** Reads what {@link planAdministrator} asks. */
export async function askAdministrators(
  graph: Rest,
  principalId: string,
  roleId: string | undefined,
): Promise<AdministratorQuestion> {
  const person = await readPerson(graph);
  if (isPlaceholder(principalId)) return { person, roleId, assignments: [] };
  try {
    const all = await graph.list(paths.assignedTo(principalId));
    return { person, roleId, assignments: all.map((one) => assignmentForm.parse(one)) };
  } catch (error) {
    // A principal made a moment ago may not be there yet; then no one has the role.
    if (isProblem(error, 'not_found')) return { person, roleId, assignments: [] };
    if (isRefused(error)) return { person, roleId, assignments: undefined };
    throw error;
  }
}

/** @returns what to tell the person, if anything */
export async function assignAdministrator(
  { mailboxGraph, report }: EntraParts,
  principalId: string,
  plan: AdministratorPlan,
): Promise<string | undefined> {
  if (plan.kind === 'nothing') return plan.note;
  const body = { principalId: plan.personId, resourceId: principalId, appRoleId: plan.roleId };
  try {
    const notYet = whileSpreading(spreadMs, report);
    await mailboxGraph.send('POST', paths.assignedTo(principalId), { body, repeatable: true, notYet });
    return undefined;
  } catch (error) {
    if (isThereAlready(error)) return undefined;
    if (isStillSpreading(error))
      return `Entra does not know the application everywhere yet. Run this command again, and you can open the dashboard.`;
    if (isRefused(error))
      return `You may not give yourself ${adminRole.value}, so no one can open the dashboard yet. ${byHand}`;
    throw error;
  }
}

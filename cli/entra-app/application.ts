import type { Localised } from '../../src/lib/doctor/checks/types.ts';
import { AzureProblem, isProblem } from '../azure/problem.ts';
import type { Rest } from '../azure/rest.ts';
import { type Application, applicationFields, applicationForm, rolesForm } from './forms.ts';
import type { EntraParts, WantedApplication } from './interface.ts';
import { createIfMissing, paths } from './paths.ts';
import { bodyOf, newApplication, planApplication, type Shape } from './plan.ts';
import { briefMs, isNameProblem, isNameTaken, isRefused, whileSpreading } from './sentences.ts';

/** The application object in the home tenant: there, or not to be seen by this person, or not there. */
export type Found =
  | { readonly state: 'there'; readonly application: Application }
  | { readonly state: 'hidden' | 'none' };

const query = { $select: applicationFields };

async function read(graph: Rest, path: string): Promise<Application | undefined> {
  const body = await graph.get(path, { query });
  return body === undefined ? undefined : applicationForm.parse(body);
}

/**
 * By its client id; where none is known, by the unique name that a deploy of this resource group gives, for the answer
 * that made it may have been lost. Never by the display name.
 */
export async function findApplication(graph: Rest, wanted: WantedApplication): Promise<Found> {
  const { clientId, deploymentId } = wanted;
  const path = clientId === undefined ? paths.namedApplication(deploymentId) : paths.application(clientId);
  try {
    const application = await read(graph, path);
    return application === undefined ? { state: 'none' } : { state: 'there', application };
  } catch (error) {
    if (isProblem(error, 'forbidden')) return { state: clientId === undefined ? 'none' : 'hidden' };
    throw error;
  }
}

export interface Changed {
  readonly application: Application;
  /** What this person may not change, or only its owner can decide. */
  readonly differs: readonly Localised[];
}

/** Changes what differs, in one request. */
export async function changeApplication(graph: Rest, application: Application, shape: Shape): Promise<Changed> {
  const changes = planApplication(application, shape);
  const possible = changes.filter(({ body }) => body !== undefined);
  const differs = changes.filter(({ body }) => body === undefined).map(({ sentence }) => sentence);
  if (possible.length === 0) return { application, differs };
  const body = bodyOf(possible);
  try {
    await graph.send('PATCH', paths.application(application.appId), { body });
  } catch (error) {
    if (!isRefused(error)) throw error;
    return { application, differs: changes.map(({ sentence }) => sentence) };
  }
  // As a read would have it, which may lag behind.
  return { application: 'appRoles' in body ? { ...application, ...rolesForm.parse(body) } : application, differs };
}

// A deploy after --destroy meets the name of the deleted application, which it keeps for 30 days.
const mostNames = 9;
// In which a new application would have been seen.
const takenMs = 30_000;

/**
 * Registers the application, once: Graph itself refuses a second one of the same unique name, so that a lost answer or a
 * replica that lags makes none. https://learn.microsoft.com/graph/api/application-upsert
 */
export async function createApplication(parts: EntraParts, wanted: WantedApplication, shape: Shape): Promise<Changed> {
  const { graph, report } = parts;
  for (let count = 1; count <= mostNames; count += 1) {
    const name = count === 1 ? wanted.deploymentId : `${wanted.deploymentId}-${count}`;
    const path = paths.namedApplication(name);
    const there = await read(graph, path).catch((error: unknown) => {
      // A guest may not look, and may register all the same.
      if (isRefused(error)) return undefined;
      throw error;
    });
    if (there !== undefined) return changeApplication(graph, there, shape);
    try {
      const body = newApplication(shape);
      const { body: made } = await graph.send('PATCH', path, {
        ...{ headers: createIfMissing, body },
        instead: { id: '<object id>', appId: '<client id>', ...body },
        notYet: { forMs: takenMs, when: isNameTaken },
      });
      // Where it was there all the same, the answer has no body.
      const notYet = whileSpreading(briefMs, report);
      const application = applicationForm.parse(made ?? (await graph.get(path, { query, notYet })));
      return { application, differs: [] };
    } catch (error) {
      if (!isNameProblem(error)) throw error;
      report('An application that was deleted keeps its name for 30 days; another name is taken.');
    }
  }
  throw new AzureProblem(
    'application_names_taken',
    `${mostNames} applications of this deployment were deleted in the last 30 days, and each keeps its name.`,
    'Delete one for good (Microsoft Entra, App registrations, Deleted applications), then run this command again.',
  );
}

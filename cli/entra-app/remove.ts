import { isProblem } from '../azure/problem.ts';
import type { Rest } from '../azure/rest.ts';
import type { EntraParts } from './interface.ts';
import { paths } from './paths.ts';

async function removeIfThere(graph: Rest, path: string): Promise<void> {
  try {
    if ((await graph.get(path, { query: { $select: 'id' } })) === undefined) return;
    await graph.send('DELETE', path);
  } catch (error) {
    if (!isProblem(error, 'not_found')) throw error;
  }
}

/**
 * Deletes the application; its principal goes with it in the same tenant, and by itself in another one. Both can be
 * restored for 30 days. https://learn.microsoft.com/graph/api/application-delete
 */
export async function removeApplication({ graph, mailboxGraph }: EntraParts, clientId: string): Promise<void> {
  await removeIfThere(graph, paths.application(clientId));
  await removeIfThere(mailboxGraph, paths.principal(clientId));
}

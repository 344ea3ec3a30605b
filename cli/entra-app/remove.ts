import { isProblem } from '../azure/problem.ts';
import type { Rest } from '../azure/rest.ts';
import type { EntraParts } from './interface.ts';
import { paths } from './paths.ts';

/** Deletes what is there. Gone is gone: a lost answer may have been a yes. */
export async function deleteOnce(graph: Rest, path: string): Promise<void> {
  try {
    await graph.send('DELETE', path);
  } catch (error) {
    if (!isProblem(error, 'not_found')) throw error;
  }
}

async function removeIfThere(graph: Rest, path: string): Promise<void> {
  if ((await graph.get(path, { query: { $select: 'id' } })) !== undefined) await deleteOnce(graph, path);
}

/**
 * Deletes the application; its principal is deleted with it in the same tenant, and separately in another one. Both can
 * be restored for 30 days. https://learn.microsoft.com/graph/api/application-delete
 */
export async function removeApplication({ graph, mailboxGraph }: EntraParts, clientId: string): Promise<void> {
  await removeIfThere(graph, paths.application(clientId));
  try {
    await removeIfThere(mailboxGraph, paths.principal(clientId));
  } catch (error) {
    // In another tenant its administrators remove it; without its application it gives no access.
    if (!isProblem(error, 'forbidden')) throw error;
  }
}

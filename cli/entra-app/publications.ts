import { isProblem } from '../azure/problem.ts';
import type { Rest } from '../azure/rest.ts';
import { publicationForm, publishedFields } from './forms.ts';
import { paths } from './paths.ts';
import { type Publications, type Published, type Service, serviceList, services } from './permissions.ts';

export interface ReadPublications {
  readonly published: Publications;
  /** Services that the tenant does not have. */
  readonly absent: readonly Service[];
}

/** What Exchange and Graph publish in a tenant, as far as the person may read it. */
export async function readPublications(graph: Rest): Promise<ReadPublications> {
  const published: Partial<Record<Service, Published>> = {};
  const absent: Service[] = [];
  for (const service of serviceList) {
    try {
      const query = { $select: publishedFields };
      const body = await graph.get(paths.principal(services[service].appId), { query });
      if (body === undefined) absent.push(service);
      else published[service] = publicationForm.parse(body);
    } catch (error) {
      // A guest, as a rule.
      if (!isProblem(error, 'forbidden')) throw error;
    }
  }
  return { published, absent };
}

import { bugsWithAftermath } from './bugs-with-aftermath.ts';
import { bugsWithGraph } from './bugs-with-graph.ts';
import { bugsWithMail } from './bugs-with-mail.ts';
import { bugsWithRuns } from './bugs-with-runs.ts';
import { bugsWithSending } from './bugs-with-sending.ts';
import type { PlantedBug } from './plant.ts';

/** Bugs that an engine like ours can have, each of which loses, doubles or mixes up mail, in or out. The simulator must find them all. */
export const plantedBugs: readonly PlantedBug[] = [
  ...bugsWithMail,
  ...bugsWithRuns,
  ...bugsWithSending,
  ...bugsWithGraph,
  ...bugsWithAftermath,
];

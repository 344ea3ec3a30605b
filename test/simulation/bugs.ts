import { bugsWithMail } from './bugs-with-mail.ts';
import { bugsWithRuns } from './bugs-with-runs.ts';
import type { PlantedBug } from './plant.ts';

/** Bugs that an engine like ours can have, each of which loses, doubles or mixes up mail. The simulator must find them all. */
export const plantedBugs: readonly PlantedBug[] = [...bugsWithMail, ...bugsWithRuns];

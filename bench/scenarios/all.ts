import type { Scenario } from '../parts/measure.ts';
import { burst } from './burst.ts';
import { idle } from './idle.ts';
import { slow } from './slow.ts';
import { spreadOut } from './spread.ts';

/** In the order of the table. */
export const scenarios: readonly Scenario[] = [burst, spreadOut, slow, idle];

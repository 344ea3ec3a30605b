import type { Scenario } from '../parts/measure.ts';
import { attachment } from './attachment.ts';
import { backlog } from './backlog.ts';
import { burst } from './burst.ts';
import { idle } from './idle.ts';
import { kill } from './kill.ts';
import { load } from './load.ts';
import { memory } from './memory.ts';
import { reset } from './reset.ts';
import { slow } from './slow.ts';
import { spreadOut } from './spread.ts';
import { token } from './token.ts';

/** In the order of the table. */
export const scenarios: readonly Scenario[] = [
  burst,
  spreadOut,
  slow,
  attachment,
  idle,
  backlog,
  token,
  load,
  memory,
  reset,
  kill,
];

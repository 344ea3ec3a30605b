import type { Scenario } from '../parts/measure.ts';
import { attachment } from './attachment.ts';
import { backlog } from './backlog.ts';
import { burst } from './burst.ts';
import { far } from './far.ts';
import { growth } from './growth.ts';
import { idle } from './idle.ts';
import { kill } from './kill.ts';
import { latency } from './latency.ts';
import { load } from './load.ts';
import { mailbox } from './mailbox.ts';
import { memory } from './memory.ts';
import { reset } from './reset.ts';
import { slow } from './slow.ts';
import { spreadOut } from './spread.ts';
import { token } from './token.ts';

/** In the order of the table. */
export const scenarios: readonly Scenario[] = [
  burst,
  far,
  spreadOut,
  slow,
  attachment,
  idle,
  growth,
  latency,
  backlog,
  mailbox,
  token,
  load,
  memory,
  reset,
  kill,
];

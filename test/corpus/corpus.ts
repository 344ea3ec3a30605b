import { answers } from './answers.ts';
import { automatic } from './automatic.ts';
import { bounces } from './bounces.ts';
import type { CorpusMessage } from './build.ts';
import { calendars } from './calendars.ts';
import { charsets } from './charsets.ts';
import { files } from './files.ts';
import { headers } from './headers.ts';
import { hostile } from './hostile.ts';
import { messages } from './messages.ts';
import { people } from './people.ts';
import { reports } from './reports.ts';
import { structures } from './structures.ts';
import { texts } from './texts.ts';

/** Malformed, rare and hostile mails, each with a name of its own. */
export const corpus: readonly CorpusMessage[] = [
  ...messages,
  ...charsets,
  ...headers,
  ...people,
  ...structures,
  ...texts,
  ...files,
  ...reports,
  ...bounces,
  ...automatic,
  ...answers,
  ...calendars,
  ...hostile,
];

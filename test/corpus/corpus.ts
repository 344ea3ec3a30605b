import { answers } from './answers.ts';
import { bounces } from './bounces.ts';
import type { CorpusMessage } from './build.ts';
import { charsets } from './charsets.ts';
import { headers } from './headers.ts';
import { hostile } from './hostile.ts';
import { messages } from './messages.ts';
import { reports } from './reports.ts';
import { structures } from './structures.ts';

/** Malformed, rare and hostile mails, each with a name of its own. */
export const corpus: readonly CorpusMessage[] = [
  ...messages,
  ...charsets,
  ...headers,
  ...structures,
  ...reports,
  ...bounces,
  ...answers,
  ...hostile,
];

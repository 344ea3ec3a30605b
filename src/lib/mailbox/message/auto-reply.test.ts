import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { labelled } from '../../../../test/corpus/automatic.ts';
import type { MessageMeta } from '../../domain/mail/message.ts';
import { rawHeaders } from '../mime/raw-headers.ts';
import { headerTraits } from './parse-message.ts';

const docs = readFileSync(resolve(import.meta.dirname, '../../../../docs/events.md'), 'utf8');

it('is measured on the labelled mails of the corpus, and the documentation says with what result', async () => {
  const counts = { right: 0, wrong: 0, missed: 0, rest: 0 };
  const unlike: string[] = [];
  for (const { name, automatic, source, beyond } of labelled) {
    const block = Buffer.from(source);
    const raw = rawHeaders(block);
    const meta: MessageMeta = {
      ...{ uid: 1, internalDate: new Date(0), size: 100, seen: false, flagged: false, answered: false },
      ...{
        messageId: undefined,
        date: undefined,
        from: raw.get('from'),
        subject: raw.get('subject'),
        received: undefined,
      },
    };
    const { autoReply } = await headerTraits(meta, block);
    const said = autoReply === true;
    counts[said ? (automatic ? 'right' : 'wrong') : automatic ? 'missed' : 'rest'] += 1;
    if ((said === automatic) === (beyond === true)) unlike.push(name);
  }
  expect(unlike).toEqual([]);
  const { right, wrong, missed, rest } = counts;
  const percent = (part: number, whole: number) => `${Math.round((100 * part) / whole)} %`;
  const sentences = [
    `Of the ${labelled.length} mails in the test corpus that are labelled by hand, ${right + missed} of them automatic,`,
    `${right} are found and ${wrong} of the other ${wrong + rest} are taken for one:`,
    `precision ${percent(right, right + wrong)}, recall ${percent(right, right + missed)}`,
  ];
  expect(docs).toContain(sentences.join(' '));
});

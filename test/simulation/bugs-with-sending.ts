import type { PlantedBug } from './plant.ts';

/** Of messages that go out: bugs that send one twice, forget one, or say what is not so. */
export const bugsWithSending: readonly PlantedBug[] = [
  {
    name: 'a message goes out before its mark is committed',
    seed: 7,
    breaks: 'a message is sent once',
    changes: [
      {
        file: 'submissions/attempt.ts',
        find: `    const begun = await change(`,
        put: `    const early = await send(prepared, mail, staged?.place);
    const begun = await change(`,
      },
      {
        file: 'submissions/attempt.ts',
        find: `    const result = await send(prepared, mail, staged?.place);`,
        put: `    const result = early;`,
      },
    ],
  },
  {
    name: 'an answer that does not come is taken for a refusal for now',
    seed: 126,
    breaks: 'a message is sent once',
    changes: [
      {
        file: 'domain/submission-steps.ts',
        find: `return state === 'unknown' ? undefined : lookAgain({ ...submission, mark: { ...mark, until: now } }, now, 0);`,
        put: `return deferred(submission, { code: 'send_deferred' }, now);`,
      },
    ],
  },
  {
    name: 'what a dead process had in hand is sent again without a look',
    seed: 8,
    breaks: 'a message is sent once',
    changes: [
      {
        file: 'domain/submission-steps.ts',
        find: `    return now < nextAt ? { kind: 'wait', until: nextAt } : { kind: 'look' };`,
        put: `    return { kind: 'attempt' };`,
      },
      {
        file: 'submissions/attempt.ts',
        find: `begun.mark?.number ?? 0, result`,
        put: `begun.mark?.number ?? 1, result`,
      },
    ],
  },
  {
    name: 'a copy that is not in Sent yet is none',
    seed: 26,
    breaks: 'a message is sent once',
    changes: [
      {
        file: 'domain/submission-steps.ts',
        find: `  if (looks < lookWaitsMs.length) return lookAgain(submission, now, looks);`,
        put: `  if (looks > 0) return deferred(submission, { code: 'send_deferred' }, now);`,
      },
    ],
  },
  {
    name: 'the row of an idempotency key is not written',
    seed: 8,
    breaks: 'a message is sent once',
    changes: [
      {
        file: 'store/submissions/submissions.ts',
        find: `...(key === undefined ? [] : [{ kind: 'insert' as const, row: encodeKey(key) }]),`,
        put: ``,
      },
    ],
  },
  {
    name: 'a message that is being sent can be cancelled',
    seed: 304,
    breaks: 'what is told is true',
    changes: [
      {
        file: 'domain/submission-steps.ts',
        find: `  if (submission.state !== 'queued' || submission.mark !== undefined) return undefined;`,
        put: `  if (submission.state !== 'queued' && submission.state !== 'sending') return undefined;`,
      },
    ],
  },
  {
    name: 'nobody looks for lanes whose wake-up was lost',
    seed: 50,
    breaks: 'everything settles',
    changes: [
      {
        file: 'submissions/due-lanes.ts',
        find: `    else lanes.add(laneOf(row));`,
        put: `    else lanes.clear();`,
      },
    ],
  },
  {
    name: 'an outcome is noted as told before it is',
    seed: 113,
    breaks: 'each outcome is told',
    changes: [
      {
        file: 'submissions/ending/finish.ts',
        find: `  for (const type of submission.owes) await tell(parts, submission, type);
`,
        put: ``,
      },
      {
        file: 'submissions/ending/finish.ts',
        find: `    else await parts.rows.write(found, { ...next, nextAt });
`,
        put: `    else await parts.rows.write(found, { ...next, nextAt });
    for (const type of submission.owes) await tell(parts, submission, type);
`,
      },
    ],
  },
  {
    name: 'the id of an outcome is another one each time that it is told',
    seed: 16,
    breaks: 'each outcome is told',
    changes: [
      {
        file: 'submissions/ending/tell.ts',
        find: `  const id = submissionEventId(submission, type);`,
        put: `  const id = eventId(submission.mailboxId, type, submission.id, store.time.whenJudging());`,
      },
    ],
  },
  {
    name: 'a mailbox is erased while a message of it is being sent',
    seed: 11,
    breaks: 'each outcome is told',
    changes: [
      {
        file: 'sync/run/erase.ts',
        find: `  const underWay = (await context.sentMail?.end(mailbox.id)) ?? 0;`,
        put: `  const underWay = 0;`,
      },
    ],
  },
  {
    name: 'a mailbox is told as removed before what became of its messages',
    seed: 11,
    breaks: 'each outcome is told',
    changes: [
      {
        file: 'sync/delivering/outbox.ts',
        find: `    if (isLast(event) && mailbox.outbox().length > 1) continue;
`,
        put: ``,
      },
      {
        file: 'sync/delivering/outbox.ts',
        find: `.toSorted((a, b) => Number(isLast(a)) - Number(isLast(b)))`,
        put: ``,
      },
    ],
  },
  {
    name: 'a bounce that says that it takes long counts as one',
    seed: 26,
    breaks: 'what is told is true',
    changes: [
      {
        file: 'submissions/read-bounce.ts',
        find: `.filter(({ action }) => action === 'failed')`,
        put: ``,
      },
    ],
  },
];

import type { PlantedBug } from './plant.ts';

/** Of messages that go out over Graph, or could. */
export const bugsWithGraph: readonly PlantedBug[] = [
  {
    name: 'any success of Graph counts as sent',
    seed: 308,
    breaks: 'what is told is true',
    changes: [
      {
        file: 'send/graph-answer.ts',
        find: `  if (status === 202) return`,
        put: `  if (status < 300) return`,
      },
    ],
  },
  {
    name: 'a fault of Graph counts as a refusal for now',
    seed: 77,
    breaks: 'a message is sent once',
    changes: [
      {
        file: 'send/graph-answer.ts',
        find: `  if (status < 400 || status >= 500) return {`,
        put: `  if (status >= 500) return deferred('send_deferred', 'account', minuteMs);
  if (status < 400) return {`,
      },
    ],
  },
  {
    name: 'a request to Graph without an answer counts as one that was never made',
    seed: 343,
    breaks: 'a message is sent once',
    changes: [
      {
        file: 'send/graph.ts',
        find: `  if (reply.kind === 'lost') return { kind: 'unknown', cause: reply.cause };`,
        put: ``,
      },
    ],
  },
  {
    name: 'a draft that is gone counts as one that was not sent',
    seed: 471,
    breaks: 'a message is sent once',
    changes: [
      {
        file: 'submissions/settle-mark.ts',
        find: `mark.staged !== undefined && (await withdraw(mark.staged))`,
        put: `mark.staged !== undefined && ((await withdraw(mark.staged)) || true)`,
      },
    ],
  },
  {
    name: 'a message is assembled anew while its first draft may still be sent',
    seed: 471,
    breaks: 'a message is sent once',
    changes: [
      {
        file: 'submissions/settle-mark.ts',
        find: `mark.staged !== undefined && (await withdraw(mark.staged))`,
        put: `mark.staged !== undefined`,
      },
    ],
  },
  {
    name: 'nobody looks for the drafts that died attempts have left',
    seed: 445,
    breaks: 'no draft is left over',
    changes: [
      {
        file: 'submissions/ending/finish.ts',
        find: `submission.drafted && !(isOver && (await parts.sweepDrafts(submission)))`,
        put: `submission.drafted && !isOver`,
      },
      {
        file: 'submissions/attempt.ts',
        find: `      if (submission.drafted) await prepared.sweep?.(submission.ourMessageId, over.signal);
      else await`,
        put: `      if (!submission.drafted) await`,
      },
    ],
  },
  {
    name: 'that a draft is being assembled is noted once it is there',
    seed: 445,
    breaks: 'no draft is left over',
    changes: [
      {
        file: 'submissions/attempt.ts',
        find: `      else await unmarked((current) => ({ ...current, drafted: true }));
    }
    const staged = await prepared.stage?.(mail, over.signal);`,
        put: `    }
    const staged = await prepared.stage?.(mail, over.signal);
    if (staged?.kind === 'staged' && !submission.drafted)
      await unmarked((current) => ({ ...current, drafted: true }));`,
      },
    ],
  },
  {
    name: 'an upload ends after its first piece',
    seed: 457,
    breaks: 'a message leaves whole',
    changes: [
      {
        file: 'send/graph-draft.ts',
        find: `    if (!isAnswered(reply, to < content.length ? 200 : 201)) return notStaged(reply);`,
        put: `    if (!isAnswered(reply, to < content.length ? 200 : 201)) return notStaged(reply);
    break;`,
      },
    ],
  },
  {
    name: 'a file that Graph did not take is left out',
    seed: 457,
    breaks: 'a message leaves whole',
    changes: [
      {
        file: 'send/graph-draft.ts',
        find: `    if (failure === undefined) continue;`,
        put: `    if (failure === undefined || failure.kind === 'deferred') continue;`,
      },
    ],
  },
  {
    name: 'Graph is not told of recipients in Bcc',
    seed: 457,
    breaks: 'a message leaves whole',
    changes: [
      {
        file: 'send/graph-request.ts',
        find: `  return buffer(mail.open({ keepBcc: true }));`,
        put: `  return buffer(mail.open({ keepBcc: false }));`,
      },
    ],
  },
  {
    name: 'the way of a message is chosen anew after an attempt',
    seed: 134,
    breaks: 'a message goes by the way that was chosen',
    changes: [
      {
        file: 'submissions/lane-pace.ts',
        find: `  if (way !== undefined) return [way];`,
        put: `  void way;`,
      },
    ],
  },
  {
    name: 'the way that was chosen for a mailbox counts for nothing',
    seed: 77,
    breaks: 'a message goes by the way that was chosen',
    changes: [
      {
        file: 'submissions/lane-pace.ts',
        find: `  if (sendVia === 'graph') return graph;
`,
        put: ``,
      },
    ],
  },
  {
    name: 'a message waits for a way that is shut, though another one is open',
    seed: 20,
    breaks: 'everything settles',
    changes: [
      {
        file: 'submissions/lane-pace.ts',
        find: `possible.filter((way) => open.includes(way));`,
        put: `possible.filter((way) => open.includes(way)).slice(0, 1);`,
      },
    ],
  },
];

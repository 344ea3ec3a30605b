import type { PlantedBug } from './plant.ts';

/** Of what the broker does in mailboxes for the sake of a message: originals marked, copies stored. */
export const bugsWithAftermath: readonly PlantedBug[] = [
  {
    name: 'an original is marked as answered though no answer was sent',
    seed: 16,
    breaks: 'only what was answered is marked',
    changes: [
      {
        file: 'submissions/ending/finish.ts',
        find: `  const isTaken = state === 'sent' || state === 'partial';`,
        put: `  const isTaken = true;`,
      },
    ],
  },
  {
    name: 'what was forwarded is marked as answered',
    seed: 16,
    breaks: 'only what was answered is marked',
    changes: [
      {
        file: 'submissions/ending/mark-original.ts',
        find: `kind === 'forward' ? '$Forwarded' : '\\\\Answered'`,
        put: `kind === 'forward' ? '\\\\Answered' : '\\\\Answered'`,
      },
    ],
  },
  {
    name: 'an original is noted as marked, and is not',
    seed: 8,
    breaks: 'what is told is true',
    changes: [
      {
        file: 'submissions/ending/mark-original.ts',
        find: `    await folder.setFlags([uid], 'add', [flag]);
`,
        put: ``,
      },
    ],
  },
  {
    name: 'a stored copy does not tell to whom the message went in Bcc',
    seed: 59,
    breaks: 'a message leaves whole',
    changes: [
      {
        file: 'submissions/ending/file-copy.ts',
        find: `open({ keepBcc: true })`,
        put: `open({ keepBcc: false })`,
      },
    ],
  },
];

import { type ErrorCode, errorTable, type Who } from '../../src/lib/error-codes.ts';

/** The people of the table in the order in which the page goes through them. */
const groups: readonly { readonly who: Who; readonly title: string; readonly about: string }[] = [
  {
    who: 'caller',
    title: 'You, who call the API or set up a destination',
    about: 'The request has to be another one; sending the same again does not help, unless the remedy says so.',
  },
  {
    who: 'mailbox owner',
    title: 'The owner of the mailbox',
    about: 'As a rule the owner opens a link and signs in. Codes of this group stand in events and states too.',
  },
  {
    who: 'tenant admin',
    title: 'The administrator of Microsoft 365',
    about: 'Somebody with administrator rights in the organisation of the mailbox.',
  },
  {
    who: 'deployment owner',
    title: 'Whoever runs the broker',
    about: 'The Azure admin, or whoever runs the NocoBase that receives. Nothing is lost meanwhile.',
  },
  {
    who: 'nobody',
    title: 'Nobody',
    about: 'It passes by itself.',
  },
];

const intro = `# All error codes

Made from \`src/lib/error-codes.ts\`; \`npm test -- docs.test -u\` writes it anew.

A code stands in the answers of the API (\`code\`, with the status of the table), in the state of a mailbox, and in events. Branch on it: a code keeps its meaning, its sentences may change. The groups say who can act; API and events say so too, as \`who\`.
`;

const row = (code: ErrorCode): string => {
  const { status, sentence, remedy } = errorTable[code];
  return `| \`${code}\` | ${status} | ${sentence} | ${remedy} |`;
};

/** docs/error-codes.md, whole. */
export function errorPage(): string {
  const codes = Object.keys(errorTable) as ErrorCode[];
  const parts = groups.map(({ who, title, about }) => {
    const rows = codes.filter((code) => errorTable[code].who === who).map(row);
    return [
      `## ${title}`,
      '',
      `\`who\` is \`${who}\`. ${about}`,
      '',
      '| Code | Status | What happened | What mends it |',
      '| --- | --- | --- | --- |',
      ...rows,
      '',
    ];
  });
  return `${[intro, ...parts.flat()].join('\n').trimEnd()}\n`;
}

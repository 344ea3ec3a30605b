import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandLine } from '../../local/command-line.ts';
import { type SendRun, sendRun } from './send-run.ts';
import { startSendStack } from './send-stack.ts';

const help = `npm run send-runs -- [--runs N] [--from SEED] [--stacks N]

24 messages a run are sent by real processes, which are killed at random moments.
  --runs N     how many; 200 if left out
  --from SEED  of the first run; each run counts on. 1 if left out
  --stacks N   how many at the same time; 2 if left out

What the host said in a run that failed is written to send-run-SEED.log in the folder for temporary files.`;

const runsOfAStack = 50;

const args = commandLine({
  script: 'npm run send-runs',
  flags: [],
  values: ['runs', 'from', 'stacks'],
  known: '--runs N, --from SEED and --stacks N',
});
const [runs, from, stacks] = [args.value('runs') ?? '200', args.value('from') ?? '1', args.value('stacks') ?? '2'].map(
  Number,
) as [number, number, number];
if (args.isHelp || !(runs > 0 && stacks > 0) || !Number.isInteger(runs + from + stacks)) {
  console.log(help);
  process.exit(args.isHelp ? 0 : 2);
}

const started = performance.now();
const done: SendRun[] = [];
let next = from;

async function work(): Promise<void> {
  while (next < from + runs) {
    const stack = await startSendStack();
    try {
      for (let count = 0; count < runsOfAStack && next < from + runs; count++) {
        const begun = performance.now();
        const run = await sendRun(stack, next++);
        done.push(run);
        const seconds = ((performance.now() - begun) / 1000).toFixed(1);
        console.log(`seed ${run.seed}: killed ${run.kills.join(', ')}; ${JSON.stringify(run.ends)}; ${seconds} s`);
        for (const fault of run.faults) console.log(`  ${fault}`);
        // What is left undone would be the next run's fault.
        if (run.faults.length > 0) {
          writeFileSync(join(tmpdir(), `send-run-${run.seed}.log`), stack.world.output());
          break;
        }
      }
    } finally {
      await stack.stop();
    }
  }
}

await Promise.all(Array.from({ length: stacks }, work));
const failed = done.filter(({ faults }) => faults.length > 0);
const ends = new Map<string, number>();
for (const run of done) {
  for (const [state, count] of Object.entries(run.ends)) ends.set(state, (ends.get(state) ?? 0) + count);
}
const minutes = ((performance.now() - started) / 60_000).toFixed(1);
console.log(`${done.length} runs in ${minutes} minutes; ${[...ends].map((each) => each.join(' ')).join(', ')}.`);
console.log(
  failed.length === 0
    ? 'No message left twice, none was forgotten, and each was told of as it is.'
    : `Failed: seeds ${failed.map(({ seed }) => seed).join(', ')}`,
);
process.exit(failed.length > 0 ? 1 : 0);

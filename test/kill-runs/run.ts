import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandLine } from '../../local/command-line.ts';
import { type KillRun, killRun } from './kill-run.ts';
import { startKillStack, type Victim, victims } from './stack.ts';

const help = `npm run kill-runs -- [--runs N] [--from SEED] [--stacks N]

500 messages a run flow through real processes, which are killed at random moments.
  --runs N     how many; 200 if left out
  --from SEED  of the first run; each run counts on. 1 if left out
  --stacks N   how many at the same time; 2 if left out
  --among A,B  whom to kill: ${victims.join(', ')}; all of them if left out

What the host said in a run that failed is written to kill-run-SEED.log in the folder for temporary files.`;

/** Its mailboxes and its log fill up; a new stack is quick to start. */
const runsOfAStack = 25;

const args = commandLine({
  script: 'npm run kill-runs',
  flags: [],
  values: ['runs', 'from', 'stacks', 'among'],
  known: '--runs N, --from SEED, --stacks N and --among A,B',
});
const values = {
  runs: args.value('runs') ?? '200',
  from: args.value('from') ?? '1',
  stacks: args.value('stacks') ?? '2',
  among: args.value('among') ?? victims.join(),
  help: args.isHelp,
};
const [runs, from, stacks] = [Number(values.runs), Number(values.from), Number(values.stacks)];
const isVictim = (text: string): text is Victim => (victims as readonly string[]).includes(text);
const among = values.among.split(',');
if (values.help || !among.every(isVictim) || !(runs > 0 && stacks > 0) || !Number.isInteger(runs + from + stacks)) {
  console.log(help);
  process.exit(values.help ? 0 : 2);
}

const started = performance.now();
const done: KillRun[] = [];
let next = from;

async function work(): Promise<void> {
  while (next < from + runs) {
    const stack = await startKillStack();
    try {
      for (let count = 0; count < runsOfAStack && next < from + runs; count++) {
        const begun = performance.now();
        const run = await killRun(stack, next++, { among: among.filter(isVictim) });
        done.push(run);
        const seconds = ((performance.now() - begun) / 1000).toFixed(1);
        console.log(`seed ${run.seed}: killed ${run.kills.join(', ')}; ${run.resent} sent again; ${seconds} s`);
        for (const fault of run.faults) console.log(`  ${fault}`);
        // What is left undone would be the next run's fault.
        if (run.faults.length > 0) {
          writeFileSync(join(tmpdir(), `kill-run-${run.seed}.log`), stack.world.output());
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
const kills = done.flatMap((run) => run.kills);
const minutes = ((performance.now() - started) / 60_000).toFixed(1);
console.log(
  `${done.length} runs in ${minutes} minutes; killed: ${victims
    .map((victim) => `${victim} ${kills.filter((each) => each === victim).length} times`)
    .join(', ')}; ${done.reduce((sum, { resent }) => sum + resent, 0)} messages sent again.`,
);
console.log(
  failed.length === 0
    ? 'No message was lost, and none came twice in effect.'
    : `Failed: seeds ${failed.map(({ seed }) => seed).join(', ')}`,
);
process.exit(failed.length > 0 ? 1 : 0);

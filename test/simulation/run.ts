import { writeFileSync } from 'node:fs';
import { commandLine } from '../../local/command-line.ts';
import { type FaultKind, faultKinds } from './faults.ts';
import { type Lived, live } from './lived.ts';
import { liveMany } from './many.ts';
import { resultOf } from './result.ts';
import { shrink } from './shrink.ts';
import { simulate } from './simulate.ts';

const help = `npm run simulate -- --seed N | --seeds FROM..TO [--jobs J] [--steps K] [--without kind,kind] [--trace]

Lives through simulated worlds and says which promise was not kept, if any.
  --seed N         one world; if it fails, also its smallest part that fails in the same way, step by step
  --seeds A..B     all of these; the exit code is 1 if one of them fails
  --jobs J         in so many processes at once
  --steps K        faults stop after so many events; default: what the seed says
  --without a,b    leave out these kinds of faults
  --trace          print every step (with --seed)
  --json FILE      with --seeds: writes the outcome there, in the form of vitest; 500 worlds are one test
Kinds: ${faultKinds.join(', ')}`;

const args = commandLine({
  script: 'npm run simulate',
  flags: ['trace'],
  values: ['seed', 'seeds', 'jobs', 'steps', 'without', 'json'],
  known: '--seed N, --seeds A..B, --jobs J, --steps K, --without KINDS, --trace and --json FILE',
});
const values = {
  seed: args.value('seed'),
  seeds: args.value('seeds'),
  jobs: args.value('jobs') ?? '1',
  steps: args.value('steps'),
  without: args.value('without'),
  json: args.value('json'),
  trace: args.has('trace'),
  help: args.isHelp,
};

/** Failing worlds that are named; the others are counted. */
const mostShown = 20;
const progressEvery = 500;

const range = /^(\d+)\.\.(\d+)$/.exec(values.seeds ?? '') ?? /^(\d+)$/.exec(values.seed ?? '');
const isKind = (text: string): text is FaultKind => (faultKinds as readonly string[]).includes(text);
const kinds = (values.without ?? '').split(',').filter((text) => text !== '');
const without = new Set(kinds.filter(isKind));
const steps = values.steps === undefined ? undefined : Number(values.steps);
const jobs = Number(values.jobs);
const [from, to] = [Number(range?.[1]), Number(range?.[2] ?? range?.[1])];
const isSound =
  range !== null &&
  from <= to &&
  without.size === kinds.length &&
  (steps === undefined || Number.isInteger(steps)) &&
  Number.isInteger(jobs) &&
  jobs > 0;
if (values.help || !isSound) {
  console.log(help);
  process.exit(values.help ? 0 : 2);
}
process.exit(values.seeds === undefined ? await showOne() : await tellMany());

/** @returns the exit code */
async function showOne(): Promise<number> {
  const options = { seed: from, steps, without, trace: values.trace };
  const { breaches, lines, steps: taken } = await simulate(options);
  for (const line of lines) console.log(line);
  const [first] = breaches;
  if (first === undefined) {
    console.log(`World ${from} kept every promise, in ${taken} events.`);
    return 0;
  }
  if (!values.trace) {
    const small = await shrink(options);
    for (const line of (await simulate({ ...small, trace: true })).lines) console.log(line);
    const left = small.without.size === 0 ? '' : ` --without ${[...small.without].join(',')}`;
    console.log(`The same, smaller: npm run simulate -- --seed ${from} --steps ${small.steps}${left} --trace`);
  }
  console.log(`World ${from} broke a promise. ${first.promise}: ${first.detail} (step ${first.step})`);
  return 1;
}

/** @returns the exit code */
async function tellMany(): Promise<number> {
  const started = performance.now();
  const seconds = () => `${((performance.now() - started) / 1000).toFixed(0)} s`;
  const count = to - from + 1;
  const all: Lived[] = [];
  let [lived, failed, events, cpuMs] = [0, 0, 0, 0];
  const heard = (portion: Lived) => {
    all.push(portion);
    for (const { seed, what } of portion.failed) {
      failed += 1;
      if (failed <= mostShown)
        console.log(`World ${seed} broke a promise. ${what}\n  npm run simulate -- --seed ${seed}`);
    }
    const before = lived;
    lived += portion.to - portion.from + 1;
    events += portion.events;
    cpuMs += portion.cpuMs;
    const isDue = Math.floor(lived / progressEvery) > Math.floor(before / progressEvery) && lived < count;
    if (isDue) console.log(`${lived} of ${count} worlds, ${failed} failed, ${seconds()}`);
  };
  const order = { from, to, steps, without };
  if (jobs > 1) await liveMany(order, jobs, heard);
  else for (let at = from; at <= to; at += 50) heard(await live({ ...order, from: at, to: Math.min(at + 49, to) }));
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(resultOf(from, to, all)));
  console.log(`${count - failed} of ${count} worlds kept every promise.`);
  console.log(`${events} events in ${seconds()}; ${(cpuMs / count).toFixed(0)} ms of processor time a world.`);
  return failed > 0 ? 1 : 0;
}

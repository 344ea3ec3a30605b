import { parseArgs } from 'node:util';
import { type FaultKind, faultKinds } from './faults.ts';
import { shrink } from './shrink.ts';
import { simulate } from './simulate.ts';

const help = `npm run simulate -- --seed N | --seeds FROM..TO [--steps K] [--without kind,kind] [--trace]

Lives through simulated worlds and says which promise was not kept, if any.
  --seed N         one world
  --seeds A..B     all of these, one after the other; the exit code is 1 if one of them fails
  --steps K        faults stop after so many events; default: what the seed says
  --without a,b    leave out these kinds of faults
  --trace          print every step
Kinds: ${faultKinds.join(', ')}`;

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string' },
    steps: { type: 'string' },
    without: { type: 'string' },
    trace: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const range = /^(\d+)\.\.(\d+)$/.exec(values.seeds ?? '') ?? /^(\d+)$/.exec(values.seed ?? '');
const isKind = (text: string): text is FaultKind => (faultKinds as readonly string[]).includes(text);
const without = (values.without ?? '').split(',').filter((text) => text !== '');
const steps = values.steps === undefined ? undefined : Number(values.steps);
if (values.help || range === null || !without.every(isKind) || (steps !== undefined && !Number.isInteger(steps))) {
  console.log(help);
  process.exit(values.help ? 0 : 2);
}

/** Failing worlds that are named; the others are counted. */
const mostShown = 20;

const [from, to] = [Number(range[1]), Number(range[2] ?? range[1])];
const started = performance.now();
let failed = 0;
let events = 0;
for (let seed = from; seed <= to; seed++) {
  const options = { seed, steps, without: new Set(without.filter(isKind)), trace: values.trace };
  const { breaches, steps: taken, lines } = await simulate(options);
  events += taken;
  if (values.trace) for (const line of lines) console.log(line);
  const [first] = breaches;
  if (first === undefined) continue;
  failed += 1;
  if (failed <= mostShown) console.log(`seed ${seed}: ${first.promise}: ${first.detail} (step ${first.step})`);
  if (from === to && !values.trace) {
    const small = await shrink(options);
    const { lines } = await simulate({ ...small, trace: true });
    for (const line of lines) console.log(line);
    const left = small.without.size === 0 ? '' : ` --without ${[...small.without].join(',')}`;
    console.log(`the same, smaller: npm run simulate -- --seed ${seed} --steps ${small.steps}${left} --trace`);
  }
}
const seconds = (performance.now() - started) / 1000;
const { user, system } = process.cpuUsage();
const count = to - from + 1;
const perWorld = ((user + system) / 1000 / count).toFixed(1);
console.log(`${count - failed} of ${count} worlds kept every promise.`);
console.log(`${events} events in ${seconds.toFixed(1)} s; ${perWorld} ms of processor time a world.`);
process.exit(failed > 0 ? 1 : 0);

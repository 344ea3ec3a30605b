import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bundleOf } from '../../test/support/bundle.ts';
import { median, type Scenario, spread } from '../parts/measure.ts';

const run = promisify(execFile);
const rounds = 15;
const mostMs = 120;

const root = join(import.meta.dirname, '../..');

/** Loading the bundle in a fresh process, beside a bundle of one empty function. */
export const load: Scenario = {
  name: 'load',
  async run(tell) {
    const bundles = {
      floor: await bundleOf(join(root, 'bench/parts/empty-app.ts')),
      ours: await bundleOf(join(root, 'src/functions/index.ts')),
    };
    const found = { floor: [] as number[], ours: [] as number[], more: [] as number[] };
    const processor = { floor: [] as number[], ours: [] as number[], more: [] as number[] };
    for (let round = 0; round <= rounds; round++) {
      const once = { floor: 0, ours: 0 };
      const cpu = { floor: 0, ours: 0 };
      for (const which of ['floor', 'ours'] as const) {
        const { stdout } = await run(process.execPath, [join(root, 'bench/parts/load-app.ts'), bundles[which]]);
        const [wallMs, cpuMs] = stdout.split(' ').map(Number);
        once[which] = wallMs ?? Number.NaN;
        cpu[which] = cpuMs ?? Number.NaN;
      }
      // The first round reads the files from the disk.
      if (round === 0) continue;
      found.floor.push(once.floor);
      found.ours.push(once.ours);
      found.more.push(once.ours - once.floor);
      processor.floor.push(cpu.floor);
      processor.ours.push(cpu.ours);
      processor.more.push(cpu.ours - cpu.floor);
    }
    tell(`${median(found.more).toFixed(0)} ms more than an empty app`);
    return {
      rows: [
        {
          what: 'Loading the app in a fresh process, beside an app of one empty function',
          floor: spread(found.floor, 'ms'),
          ours: spread(found.ours, 'ms'),
          ratio: `${median(found.more).toFixed(0)} ms more`,
          target: `at most ${mostMs} ms more`,
          met: median(found.more) <= mostMs,
        },
        {
          what: 'The same: processor time, all threads',
          floor: spread(processor.floor, 'ms'),
          ours: spread(processor.ours, 'ms'),
          ratio: `${median(processor.more).toFixed(0)} ms more`,
          target: '-',
          met: true,
        },
      ],
      rounds,
    };
  },
};

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
    const without = { ...process.env, OTEL_EXPORTER_OTLP_ENDPOINT: '' };
    const runs = {
      floor: { bundle: bundles.floor, environment: without },
      ours: { bundle: bundles.ours, environment: without },
      // No server listens there; nothing is sent while the app starts.
      traced: { bundle: bundles.ours, environment: { ...without, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' } },
    };
    const whiches = ['floor', 'ours', 'traced'] as const;
    const empty = () => ({ floor: [] as number[], ours: [] as number[], traced: [] as number[] });
    const [found, processor, more, moreProcessor] = [empty(), empty(), empty(), empty()];
    for (let round = 0; round <= rounds; round++) {
      const once = { floor: 0, ours: 0, traced: 0 };
      const cpu = { floor: 0, ours: 0, traced: 0 };
      for (const which of whiches) {
        const { bundle, environment } = runs[which];
        const { stdout } = await run(process.execPath, [join(root, 'bench/parts/load-app.ts'), bundle], {
          env: environment,
        });
        const [wallMs, cpuMs] = stdout.split(' ').map(Number);
        once[which] = wallMs ?? Number.NaN;
        cpu[which] = cpuMs ?? Number.NaN;
      }
      // The first round reads the files from the disk.
      if (round === 0) continue;
      for (const which of whiches) {
        found[which].push(once[which]);
        processor[which].push(cpu[which]);
        more[which].push(once[which] - once.floor);
        moreProcessor[which].push(cpu[which] - cpu.floor);
      }
    }
    const ofTraces = (all: typeof found) => median(all.traced.map((ms, round) => ms - (all.ours[round] ?? Number.NaN)));
    tell(
      `${median(more.ours).toFixed(0)} ms more than an empty app; ${ofTraces(found).toFixed(0)} ms more with OpenTelemetry`,
    );
    return {
      rows: [
        {
          what: 'Loading the app in a fresh process, beside an app of one empty function',
          floor: spread(found.floor, 'ms'),
          ours: spread(found.ours, 'ms'),
          ratio: `${median(more.ours).toFixed(0)} ms more`,
          target: `at most ${mostMs} ms more`,
          met: median(more.ours) <= mostMs,
        },
        {
          what: 'The same: processor time, all threads',
          floor: spread(processor.floor, 'ms'),
          ours: spread(processor.ours, 'ms'),
          ratio: `${median(moreProcessor.ours).toFixed(0)} ms more`,
          target: '-',
          met: true,
        },
        {
          what: 'Loading the app with OpenTelemetry (OTEL_EXPORTER_OTLP_ENDPOINT is set), beside the app without',
          floor: spread(found.ours, 'ms'),
          ours: spread(found.traced, 'ms'),
          ratio: `${ofTraces(found).toFixed(0)} ms more`,
          target: '-',
          met: true,
        },
        {
          what: 'The same with OpenTelemetry: processor time, all threads',
          floor: spread(processor.ours, 'ms'),
          ours: spread(processor.traced, 'ms'),
          ratio: `${ofTraces(processor).toFixed(0)} ms more`,
          target: '-',
          met: true,
        },
      ],
      rounds,
    };
  },
};

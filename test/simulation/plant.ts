import { mkdirSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';
import type { FaultKind } from './faults.ts';
import type { PromiseName } from './promises.ts';
import type { Simulation, SimulationOptions } from './simulate.ts';

/** A fault that is planted in the broker's source, in a bundle of its own; the source itself stays as it is. */
export interface PlantedBug {
  readonly name: string;
  /** A world in which it shows, and the promise that it breaks there. */
  readonly seed: number;
  /** Kinds of faults that its worlds are without: those that hide it, so that hardly any world would show it. */
  readonly without?: readonly FaultKind[];
  readonly breaks: PromiseName;
  readonly changes: readonly {
    /** Below src/lib. */
    readonly file: string;
    /** Exactly one place of the file. A test fails when it is no longer there: then the bug has to be planted again. */
    readonly find: string;
    readonly put: string;
    /** Goes to the end of the file. */
    readonly add?: string;
  }[];
}

const root = resolve(import.meta.dirname, '../..');

/** The simulation over a broker that has this bug. @throws Error if the place to plant it is not found */
export async function plant(bug: PlantedBug): Promise<(options: SimulationOptions) => Promise<Simulation>> {
  const planted = new Set<string>();
  const plugin: Plugin = {
    name: 'plant',
    setup({ onLoad }) {
      onLoad({ filter: /\/src\/lib\/.*\.ts$/ }, async ({ path }) => {
        let contents = await readFile(path, 'utf8');
        for (const { file, find, put, add = '' } of bug.changes) {
          if (path !== join(root, 'src/lib', file)) continue;
          const pieces = contents.split(find);
          if (pieces.length !== 2) throw new Error(`"${find}" stands ${pieces.length - 1} times in ${file}`);
          contents = `${pieces.join(put)}\n${add}`;
          planted.add(find);
        }
        return { contents, loader: 'ts' };
      });
    },
  };
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'simulate.ts')],
    absWorkingDir: root,
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    plugins: [plugin],
    logLevel: 'silent',
  });
  const missing = bug.changes.find((change) => !planted.has(change.find));
  if (missing !== undefined) throw new Error(`${missing.file} is not part of the simulation`);
  const folder = join(root, 'node_modules/.cache/simulation');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${process.pid}-${bug.name.replace(/\W+/g, '-')}.mjs`);
  writeFileSync(file, outputFiles[0]?.text ?? '');
  const module: unknown = await import(pathToFileURL(file).href);
  if (typeof module !== 'object' || module === null || !('simulate' in module)) throw new Error('no simulation');
  return module.simulate as (options: SimulationOptions) => Promise<Simulation>;
}

import { readVersion } from '../../api/doctor.ts';
import { AzureProblem } from '../../azure/problem.ts';
import { known } from '../../deploy/facts.ts';
import { type Run, waitUntil } from '../../deploy/run.ts';
import { done, type Step, skip } from '../../deploy/step.ts';

/** The version that the broker reports; undefined if it does not, or if there is no valid key here. */
async function runningVersion({ facts, ports }: Run): Promise<string | undefined> {
  if (facts.adminKey === undefined) return undefined;
  const broker = ports.broker(known(facts, 'outputs').publicUrl);
  const answer = await broker.call('GET', 'doctor', { key: facts.adminKey }).catch(() => undefined);
  return readVersion(answer?.body);
}

/**
 * Builds what is about to be published, so that both versions can be shown before the question. Nothing leaves the
 * machine.
 */
export const versions: Step = {
  name: 'versions',
  title: 'Versions',
  async check(run) {
    await run.ports.package.build();
    run.facts.newVersion = await run.ports.package.version();
    const now = await runningVersion(run);
    if (now !== undefined) run.facts.runningVersion = now;
    return done(fromTo(run));
  },
};

/** `from 0.1.0+5f2a91c4 to 0.2.0+90ab33ef` */
export function fromTo({ facts }: Run): string {
  const from = facts.runningVersion ?? 'a version that does not tell itself';
  const to = known(facts, 'newVersion');
  return from === to ? `${to}, which runs already` : `from ${from} to ${to}`;
}

// An instance of the older package may answer until Azure has taken it away.
const wait = { forMs: 10 * 60_000, everyMs: 10_000, saying: 'Waiting until the new version answers' };

/** The list of functions is often the same in both versions: only the app itself can say which one runs. */
export const versionRuns: Step = {
  name: 'version-runs',
  title: 'The new version answers',
  async check(run) {
    if (run.whatIf) return done();
    if (run.facts.adminKey === undefined) return skip('another machine holds the key; GET doctor tells the version');
    const wanted = known(run.facts, 'newVersion');
    let last: string | undefined;
    const runs = await waitUntil(run, wait, async () => {
      last = await runningVersion(run);
      return last === wanted ? true : undefined;
    });
    if (runs === true) return done(wanted);
    throw new AzureProblem(
      'old_version_runs',
      `Azure took the package, and the app still says that it is ${last ?? 'of no version that it tells'}, not ${wanted}.`,
      'Restart the app (az functionapp restart), then run this command again.',
    );
  },
};

import { z } from 'zod';
import { AzureProblem, isProblem } from '../../azure/problem.ts';
import { isAtLeast, leastAz, leastFunc } from '../plan/versions.ts';
import type { Run } from '../run.ts';
import { blocked, done, type Step, todo } from '../step.ts';

const versions = z.object({ 'azure-cli': z.string() });

/** The Azure CLI is there and new enough; so are Core Tools, or az publishes in their place. */
export const tools: Step = {
  name: 'tools',
  title: 'Azure CLI and Core Tools',
  async check(run) {
    const { facts, ports, options } = run;
    let az: string;
    try {
      az = versions.parse(await ports.azure.az.read(['version']))['azure-cli'];
    } catch (error) {
      if (!isProblem(error, 'az_missing')) throw error;
      return blocked(error.message, error.remedy);
    }
    facts.azVersion = az;
    if (!isAtLeast(az, leastAz)) {
      return blocked(
        `The Azure CLI is ${az}; this needs ${leastAz} or newer.`,
        'Update it: az upgrade, or as https://learn.microsoft.com/cli/azure/install-azure-cli says.',
      );
    }
    const func = await findFunc(run);
    if (func !== undefined) return done(`az ${az}, func ${func}`);
    return options.installFunc
      ? todo('Core Tools are missing')
      : done(
          `az ${az}; Core Tools ${leastFunc} are missing: az publishes in their place (--install-func installs them)`,
        );
  },
  async apply(run) {
    const { npm, writes } = run.ports;
    const args = ['install', '--global', 'azure-functions-core-tools@4'];
    writes.told(`npm ${args.join(' ')}`);
    if (run.whatIf) return undefined;
    const answer = await npm?.({ args });
    if (answer?.code === 0) return undefined;
    throw new AzureProblem(
      'func_not_installed',
      'npm could not install Azure Functions Core Tools.',
      'Leave --install-func out: az publishes in their place. Or install them by hand: https://aka.ms/func-core-tools',
      answer === undefined ? {} : { said: answer.stderr.trim().slice(-500) },
    );
  },
};

/** The version of Core Tools that are new enough, which are then in the facts. */
async function findFunc({ facts, ports }: Run): Promise<string | undefined> {
  if (facts.func === undefined) {
    const found = ports.findFunc();
    const answer = await found?.({ args: ['--version'] });
    if (found === undefined || answer?.code !== 0) return undefined;
    const version = answer.stdout.trim().split('\n').at(-1) ?? '';
    if (!isAtLeast(version, leastFunc)) return undefined;
    facts.func = found;
    facts.funcVersion = version;
  }
  return facts.funcVersion;
}

import { runChecks } from '../../src/lib/doctor/checks/run-checks.ts';
import type { Check, Finding, Localised, Result } from '../../src/lib/doctor/checks/types.ts';
import { type Item, itemOf } from '../../src/lib/doctor/doctor.ts';
import { systemClock } from '../../src/lib/domain/system.ts';
import { errorTextsIn } from '../../src/lib/errors/texts.ts';
import { AzureProblem } from '../azure/problem.ts';
import type { Run } from '../deploy/run.ts';
import { lookAtSettings } from './checks/app-settings.ts';
import { lookAtApplication, lookAtGrants, readApplication } from './checks/application.ts';
import { lookAtAuthentication } from './checks/authentication.ts';
import { lookAtFunctions } from './checks/functions.ts';
import { lookAtLock } from './checks/lock.ts';
import { lookAtRoles } from './checks/roles.ts';
import { lookAtSecrets } from './checks/secrets.ts';
import { lookAtVersions } from './checks/versions.ts';
import { findBroker } from './find-broker.ts';
import { couldNotLook } from './problem-finding.ts';

export interface AzureQuestion {
  readonly run: Run;
  readonly language: keyof Localised;
  /** Address of the broker that is asked about; undefined: whichever is there. */
  readonly expectedUrl?: string | undefined;
  /** What the app says that it is, where it was asked. */
  readonly running?: Promise<string | undefined>;
}

/** Time for all checks together. az takes a second or two for each token. */
const limitMs = 60_000;

/** The names of the checks, in their order; docs/doctor.md has a section for each. */
export const azureChecks = [
  'azure',
  'versions',
  'app-settings',
  'authentication',
  'functions',
  'roles',
  'secrets',
  'application',
  'grants',
  'lock',
] as const;

/** Everything that az shows may be shown. */
const access = { isLimited: false, mailbox: () => true, destination: () => true };

/**
 * What only an administrator can see, with the rights of the account that is signed in to az. Changes nothing, and
 * never throws for Azure's answers: what could not be checked is a finding of its own.
 */
export async function lookAtAzure({ run, language, expectedUrl, running }: AzureQuestion): Promise<readonly Item[]> {
  const texts = await errorTextsIn(language);
  const items = (results: readonly Result[]) => results.map((result) => itemOf(result, 'azure', language, texts));
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  let isFound = false;
  const first = await runChecks(
    [
      check('azure', async () => {
        const { finding, isFound: found } = await findBroker(run, expectedUrl);
        isFound = found;
        return [finding];
      }),
    ],
    access,
    { clock: systemClock, log, limitMs },
  );
  if (!isFound) return items(first);
  const application = readApplication(run);
  // Two checks await it; without them its rejection would be unhandled.
  application.catch(() => undefined);
  const rest = await runChecks(
    [
      check('versions', async () => lookAtVersions(run, await running)),
      check('app-settings', () => lookAtSettings(run)),
      check('authentication', () => lookAtAuthentication(run)),
      check('functions', () => lookAtFunctions(run)),
      check('roles', () => lookAtRoles(run)),
      check('secrets', () => lookAtSecrets(run)),
      check('application', () => lookAtApplication(run, application)),
      check('grants', () => lookAtGrants(run, application)),
      check('lock', () => lookAtLock(run)),
    ],
    access,
    { clock: systemClock, log, limitMs },
  );
  return items([...first, ...rest]);
}

/** What Azure refuses is no fault of what is looked at. */
const check = (name: (typeof azureChecks)[number], look: () => Promise<readonly Finding[]>): Check => ({
  name,
  async run(report) {
    try {
      for (const finding of await look()) report(finding);
    } catch (error) {
      if (!(error instanceof AzureProblem)) throw error;
      report(couldNotLook(error));
    }
  },
});

import { z } from 'zod';
import { isProblem } from '../../azure/problem.ts';
import { wantedApplication } from '../application.ts';
import { entraOf } from '../entra.ts';
import { known } from '../facts.ts';
import { groupId, paths } from '../paths.ts';
import { allows, neededActions } from '../plan/rights.ts';
import { blocked, done, type Step } from '../step.ts';
import { mayNotRegister } from './application.ts';

const permission = z.object({
  actions: z.array(z.string()).default([]),
  notActions: z.array(z.string()).default([]),
});

/** The person may make the resources, assign roles, and lock. Asked of Azure itself, before anything is made. */
export const azureRights: Step = {
  name: 'azure-rights',
  title: 'Your rights in the subscription',
  async check({ ports, facts }) {
    const scope = known(facts, 'scope');
    const where =
      known(facts, 'existing').group === undefined ? `/subscriptions/${scope.subscription}` : groupId(scope);
    const { path, query } = paths.permissions(where);
    const items = await ports.azure
      .arm(scope.subscription)
      .list(path, { query })
      // Documented for groups and resources; for a subscription the portal uses it, without documentation.
      .catch((error: unknown) =>
        isProblem(error, 'forbidden', 'not_found', 'refused') ? undefined : Promise.reject(error),
      );
    if (items === undefined) {
      facts.warnings.push('Azure does not show your rights, so it was not checked whether you may assign roles.');
      return done('could not look');
    }
    const permissions = items.map((one) => permission.parse(one));
    const missing = neededActions.filter(({ action }) => !allows(permissions, action));
    const lock = 'Microsoft.Authorization/locks/write';
    facts.mayLock = !missing.some(({ action }) => action === lock);
    const needed = missing.filter(({ action }) => action !== lock);
    if (needed.length > 0) {
      const lacks = needed.map(({ action, why }) => `${action} (${why})`).join(', ');
      const roles = [...new Set(needed.map(({ role }) => role))].join('; and ');
      return blocked(
        `You lack a right in ${where}: ${lacks}.`,
        `Ask for the role ${roles} there, or have someone who has it run this command.`,
      );
    }
    if (!facts.mayLock) {
      facts.warnings.push(
        'You may not lock resources (Owner, User Access Administrator): there will be no delete lock.',
      );
    }
    return done();
  },
};

/** The person may register the application, or one is there. */
export const entraRights: Step = {
  name: 'entra-rights',
  title: 'Your rights in Microsoft Entra',
  async check(run) {
    const { facts } = run;
    const wanted = wantedApplication(run);
    if (wanted.clientId !== undefined) return done(`the application ${wanted.clientId} is known`);
    const entra = entraOf(run);
    const { mayRegister, mayConsent, consentRoles } = await entra.rights();
    if (mayRegister === false) {
      // Someone may have run the script already.
      const found = await entra.look(wanted);
      return found === undefined ? mayNotRegister(run) : done(`the application ${found.clientId} is there`);
    }
    if (mayRegister === undefined) {
      facts.warnings.push(
        'You may not read the directory, so it was not checked whether you may register applications.',
      );
      return done('could not look');
    }
    return mayConsent === false
      ? done(`you may register applications; consent requires one of these roles: ${consentRoles.join(', ')}`)
      : done();
  },
};

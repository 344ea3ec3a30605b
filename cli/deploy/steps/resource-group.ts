import { known } from '../facts.ts';
import { paths } from '../paths.ts';
import { done, type Step, todo } from '../step.ts';

/** All of it lies in one resource group, which goes with all of it. */
export const resourceGroup: Step = {
  name: 'resource-group',
  title: 'Resource group',
  async check({ ports, facts }) {
    const scope = known(facts, 'scope');
    const { path, query } = paths.group(scope);
    const found = await ports.azure.arm(scope.subscription).get(path, { query });
    return found === undefined ? todo(scope.group) : done(scope.group);
  },
  async apply({ ports, facts }) {
    const { subscription, group } = known(facts, 'scope');
    const { location } = known(facts, 'choices');
    await ports.azure.az.write([
      ...['group', 'create', '--name', group, '--location', location],
      ...['--subscription', subscription],
    ]);
    return group;
  },
};

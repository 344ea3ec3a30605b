import { z } from 'zod';
import { wantedApplication } from './application.ts';
import { type DeployEnd, type Deploying, Unattended, watched, withLogins } from './deploy.ts';
import { entraOf } from './entra.ts';
import { known } from './facts.ts';
import { groupId, paths } from './paths.ts';
import { clientIdTag, foreignTag, ownTag } from './plan/choose.ts';
import type { Run } from './run.ts';
import { runSteps } from './run-steps.ts';
import { blocked, done, type Step, skip, todo } from './step.ts';
import { checkedArguments } from './steps/arguments.ts';
import { choices } from './steps/choices.ts';
import { inventory } from './steps/inventory.ts';
import { lockName } from './steps/lock.ts';
import { login } from './steps/login.ts';
import { mailboxTenantOf } from './steps/tenant.ts';
import { tools } from './steps/tools.ts';

const resourceForm = z.object({
  name: z.string(),
  type: z.string(),
  tags: z.record(z.string(), z.string()).nullish(),
});
const lockForm = z.object({ id: z.string(), name: z.string() });

/** Made by Azure beside ours, without our tags. */
const companions: readonly RegExp[] = [
  /^microsoft\.alertsmanagement\/smartdetectoralertrules$/i,
  /^microsoft\.network\/networkinterfaces$/i,
  /^microsoft\.network\/privatednszones\/virtualnetworklinks$/i,
];
const smartDetection = 'Application Insights Smart Detection';

/** What in the group is not the broker's: the whole group is about to go. */
const group: Step = {
  name: 'group',
  title: 'The resource group contains only the broker',
  async check(run) {
    const scope = known(run.facts, 'scope');
    const existing = known(run.facts, 'existing');
    if (existing.group === undefined) {
      return blocked(`There is no resource group ${scope.group}.`, 'Check --resource-group and --subscription.');
    }
    const { path, query } = paths.groupResources(scope);
    const all = (await run.ports.azure.arm(scope.subscription).list(path, { query })).map((one) =>
      resourceForm.parse(one),
    );
    const foreign = all.filter(
      ({ name, type, tags }) =>
        tags?.[ownTag.name] !== ownTag.value && name !== smartDetection && !companions.some((form) => form.test(type)),
    );
    if (foreign.length > 0) {
      return blocked(
        `The group ${scope.group} contains resources that do not belong to the broker: ${foreign.map(({ name, type }) => `${name} (${type})`).join(', ')}.`,
        'Move or delete it first. This command deletes whole groups only.',
      );
    }
    run.facts.mailboxTenant = mailboxTenantOf(run).tenant;
    return done(`${all.length} resources`);
  },
};

/** Locks of ours; a lock of someone else is theirs to remove. */
const locks: Step = {
  name: 'locks',
  title: 'Delete locks removed',
  async check(run) {
    const found = await listLocks(run);
    const foreign = found.filter(({ name }) => name !== lockName);
    if (foreign.length > 0) {
      return blocked(
        `The group is locked: ${foreign.map(({ name }) => name).join(', ')}.`,
        `To delete it anyway: az lock delete --ids ${foreign.map(({ id }) => id).join(' ')}`,
      );
    }
    return found.length === 0 ? done() : todo();
  },
  async apply(run) {
    const arm = run.ports.azure.arm(known(run.facts, 'scope').subscription);
    for (const { id } of await listLocks(run)) {
      const { path, query } = paths.lock(id);
      await arm.send('DELETE', path, { query });
    }
    return undefined;
  },
};

async function listLocks(run: Run): Promise<z.infer<typeof lockForm>[]> {
  const scope = known(run.facts, 'scope');
  const { path, query } = paths.locks(groupId(scope));
  return (await run.ports.azure.arm(scope.subscription).list(path, { query })).map((one) => lockForm.parse(one));
}

const application: Step = {
  name: 'application-removed',
  title: 'Application in Microsoft Entra removed',
  async check(run) {
    const tags = known(run.facts, 'existing').group?.tags ?? {};
    const clientId = tags[clientIdTag];
    if (clientId === undefined) return skip("none is known to be the broker's own");
    if (tags[foreignTag] === 'true') return skip(`${clientId} was registered by someone else and is kept`);
    const found = await entraOf(run).look({ ...wantedApplication(run), clientId });
    return found === undefined ? done() : todo(clientId);
  },
  async apply(run) {
    const clientId = known(run.facts, 'existing').group?.tags[clientIdTag];
    if (clientId !== undefined) await entraOf(run).remove(clientId);
    return 'it can be restored for 30 days';
  },
};

const groupDeleted: Step = {
  name: 'group-deleted',
  title: 'Resource group deleted',
  async check(run) {
    const scope = known(run.facts, 'scope');
    const { path, query } = paths.group(scope);
    return (await run.ports.azure.arm(scope.subscription).get(path, { query })) === undefined ? done() : todo();
  },
  async apply(run) {
    const { subscription, group: name } = known(run.facts, 'scope');
    await run.ports.azure.az.write(['group', 'delete', '--name', name, '--yes', '--subscription', subscription]);
    return undefined;
  },
};

const profile: Step = {
  name: 'profile-removed',
  title: 'Profile removed',
  async check({ ports, facts }) {
    return (await ports.profiles.get(known(facts, 'choices').names.app)) === undefined ? done() : todo();
  },
  async apply({ ports, facts, whatIf }) {
    const { app } = known(facts, 'choices').names;
    ports.writes.told(`# the profile ${app} is removed from ${ports.profiles.path}`);
    if (!whatIf) await ports.profiles.remove(app);
    return undefined;
  },
};

export const destroyLookSteps: readonly Step[] = [checkedArguments, tools, login, inventory, group, choices];
/** The lock first: under it nothing can be deleted. */
export const destroySteps: readonly Step[] = [locks, application, groupDeleted, profile];

/** Removes all that the deploy made, after a question that names what goes for ever. */
export async function destroy(deploying: Deploying): Promise<DeployEnd> {
  const { options, terminal } = deploying;
  let agreed = options.yes || options.whatIf;
  return withLogins(deploying, async (run) => {
    await runSteps(destroyLookSteps, ...watched(run, terminal, destroyLookSteps));
    for (const line of whatGoes(run)) terminal.line(line);
    if (!agreed) {
      if (!terminal.attended) throw new Unattended('This is not a terminal: add --yes, or --what-if to only look.');
      const { group: name } = known(run.facts, 'scope');
      agreed = (await terminal.ask(`Type the name of the resource group (${name}) to delete it: `)) === name;
      if (!agreed) return { how: 'declined', facts: run.facts };
    }
    await runSteps(destroySteps, ...watched(run, terminal, destroySteps));
    return { how: run.whatIf ? 'would' : 'destroyed', facts: run.facts };
  });
}

function whatGoes({ facts }: Run): string[] {
  const { names, network, separateTables } = known(facts, 'choices');
  const { group: name } = known(facts, 'scope');
  const isProtected = known(facts, 'existing').vault?.purgeProtection === true;
  return [
    '',
    `The resource group ${name} goes, with everything in it. For ever:`,
    `  the tables (${separateTables ? names.tables : names.storage}): every sealed sign-in, destination, API key, and the audit. Each mailbox has to be connected again`,
    '  mail that waits for NocoBase: it stays in its mailbox and is not delivered',
    `  the app ${names.app} with its address and its log`,
    ...(network === 'none' ? [] : ['  the static address that requests leave from']),
    'Not for ever:',
    `  the vault ${names.vault} can be recovered for 90 days${isProtected ? ' and cannot be purged before then' : ''}; the next deploy into this group brings it back, with its broker-root`,
    '  the application in Entra can be restored for 30 days',
    'Mailboxes that are connected keep their consent in Entra until the application is gone for good.',
    '',
  ];
}

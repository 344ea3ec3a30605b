import { known } from '../../deploy/facts.ts';
import { blocked, done, type Step } from '../../deploy/step.ts';
import { choices } from '../../deploy/steps/choices.ts';
import { mailboxTenantOf } from '../../deploy/steps/tenant.ts';
import { goodKey } from '../../deploy/steps/vault/vault-work.ts';

/** There is a broker to work on: what these commands do, they do to one that runs. */
export const runningBroker: Step = {
  name: 'broker',
  title: 'The broker that is there',
  async check(run) {
    const { app, identityPrincipalId } = known(run.facts, 'existing');
    if (app === undefined) {
      return blocked(
        `There is no broker in the resource group ${known(run.facts, 'scope').group}.`,
        'Check --resource-group and --subscription; --name where the app was not made by broker deploy.',
      );
    }
    run.facts.mailboxTenant = mailboxTenantOf(run).tenant;
    const chosen = await choices.check(run);
    if (chosen.state === 'blocked') return chosen;
    const { publicUrl, names } = known(run.facts, 'choices');
    run.facts.outputs = {
      publicUrl,
      hostName: app.hostName,
      identityPrincipalId: identityPrincipalId ?? '',
      vaultName: names.vault,
      tablesName: names.tables,
      outboundAddress: '',
    };
    const key = await goodKey(run);
    if (key !== undefined) run.facts.adminKey = key;
    return done(publicUrl);
  },
};

/** A caller with a key: the app is controlled, and its progress read, over its own API. */
export const adminKey: Step = {
  name: 'admin-key',
  title: 'Admin key of your profile',
  async check(run) {
    if (run.facts.adminKey !== undefined) return done();
    const { names } = known(run.facts, 'choices');
    return blocked(
      `${run.ports.profiles.path} has no key of ${names.app} that the broker takes.`,
      'Run this where broker deploy was run, or make a key for this machine: broker deploy --new-key.',
    );
  },
};

/** The versions in the vault are read and written: for that the person is let in while it takes. */
export const rotationWork: Step = {
  name: 'rotation',
  title: 'What is rotated',
  async check(run) {
    const nothing = { makeRoot: false, addClientSecret: false, makeBootstrap: false, disableBootstrap: false };
    run.facts.vaultWork = { ...nothing, rotates: true };
    return done(known(run.facts, 'choices').names.vault);
  },
};

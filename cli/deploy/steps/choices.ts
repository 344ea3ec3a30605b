import { known } from '../facts.ts';
import { choose } from '../plan/choose.ts';
import { planCredential } from '../plan/credential.ts';
import { blocked, done, type Step } from '../step.ts';

/** What will be there, from the options, what is there, and the defaults. */
export const choices: Step = {
  name: 'choices',
  title: 'Options',
  async check({ options, ports, facts }) {
    const account = known(facts, 'account');
    const mailboxTenant = known(facts, 'mailboxTenant');
    const chosen = choose(options, {
      subscription: account.subscription,
      mailboxTenant,
      existing: known(facts, 'existing'),
      now: ports.clock.now(),
    });
    if ('faults' in chosen) {
      return blocked(chosen.faults.join(' '), 'Change the options listed, and run this command again.');
    }
    const credential = planCredential({
      wanted: options.credential,
      existing: chosen.credential,
      audience: chosen.audience,
      identityTenant: account.tenant,
      mailboxTenant,
    });
    if ('fault' in credential) return blocked(credential.fault, credential.remedy);
    facts.choices = chosen;
    facts.credential = credential;
    return done(`${chosen.names.app} in ${chosen.location}, with ${credential.why}`);
  },
};

import { guid } from '../../../src/lib/setting-defaults.ts';
import type { DeployOptions } from '../options.ts';
import { nameFault } from '../plan/names.ts';
import { blocked, done, type Step } from '../step.ts';

const region = /^[A-Za-z][A-Za-z0-9 ]{1,40}$/;
const tenant = /^[A-Za-z0-9][A-Za-z0-9.-]{0,250}$/;
const cidr = /^\d{1,3}(\.\d{1,3}){3}\/\d{1,2}$/;

/** What is wrong with what was given, a sentence each. Names become parts of addresses: nothing is asked before. Pure. */
export function argumentFaults(options: DeployOptions): string[] {
  const { resourceGroup, name, vaultName, storageName, location, mailboxTenant, clientId, publicUrl } = options;
  const given = (value: string | undefined, form: RegExp, sentence: string): string[] =>
    value === undefined || form.test(value) ? [] : [`${sentence} ${JSON.stringify(value)}.`];
  const names = [
    nameFault('group', resourceGroup),
    ...(name === undefined ? [] : [nameFault('app', name)]),
    ...(vaultName === undefined ? [] : [nameFault('vault', vaultName)]),
    ...(storageName === undefined ? [] : [nameFault('storage', storageName)]),
  ];
  return [
    ...names.filter((fault) => fault !== undefined),
    ...given(location, region, '--location takes the name of a region, such as westeurope, and not'),
    ...given(mailboxTenant, tenant, '--mailbox-tenant takes the id of a tenant, or one of its domains, and not'),
    ...given(clientId, guid, '--client-id takes an application (client) id, a GUID, and not'),
    ...given(options.networkPrefix, cidr, '--network-prefix takes an address space such as 10.71.0.0/24, and not'),
    ...given(options.alertEmail, /^[^\s@]+@[^\s@]+$/, '--alerts takes a mail address, and not'),
    ...(publicUrl === undefined || isOrigin(publicUrl)
      ? []
      : [`--public-url takes https://HOST and nothing more, and not ${JSON.stringify(publicUrl)}.`]),
    ...(options.allowedTenants ?? '')
      .split(',')
      .map((id) => id.trim())
      .filter((id) => options.allowedTenants !== undefined && id !== '*' && !guid.test(id))
      .map((id) => `--allowed-tenants takes ids of tenants, or *, and not ${JSON.stringify(id)}.`),
  ];
}

const isOrigin = (text: string): boolean =>
  URL.canParse(text) && new URL(text).protocol === 'https:' && new URL(text).origin === text;

/** What was given on the command line can be what it is meant to be. */
export const checkedArguments: Step = {
  name: 'arguments',
  title: 'Options as you gave them',
  async check({ options }) {
    const faults = argumentFaults(options);
    return faults.length === 0
      ? done()
      : blocked(faults.join(' '), 'Change the options listed, and run this command again.');
  },
};

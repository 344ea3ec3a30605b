import { type DeployOptions, defaults } from '../../../cli/deploy/options.ts';

/** A deploy for which nothing is asked but a region. */
export const plainOptions: DeployOptions = {
  resourceGroup: defaults.resourceGroup,
  location: 'westeurope',
  secretDays: defaults.secretDays,
  consent: true,
  sendsByGraph: false,
  isAnnounced: false,
  opensByItself: false,
  mailboxes: defaults.mailboxes,
  installFunc: false,
  newKey: false,
  showKey: false,
  whatIf: false,
  yes: true,
  json: false,
  destroy: false,
};

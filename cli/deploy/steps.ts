import type { Step } from './step.ts';
import { application } from './steps/application.ts';
import { checkedArguments } from './steps/arguments.ts';
import { choices } from './steps/choices.ts';
import { federation } from './steps/federation.ts';
import { hostName, infrastructure } from './steps/infrastructure.ts';
import { inventory } from './steps/inventory.ts';
import { lock } from './steps/lock.ts';
import { login } from './steps/login.ts';
import { names } from './steps/names.ts';
import { networkRemoved, networkThatGoes } from './steps/network-left.ts';
import { price } from './steps/price.ts';
import { providers } from './steps/providers.ts';
import { health, publish } from './steps/publish.ts';
import { credentialAccepted, doctor, reach } from './steps/reach.ts';
import { region, runtime } from './steps/region.ts';
import { resourceGroup } from './steps/resource-group.ts';
import { azureRights, entraRights } from './steps/rights.ts';
import { tenant } from './steps/tenant.ts';
import { tools } from './steps/tools.ts';
import { bootstrapKey, bootstrapKeyDisabled } from './steps/vault/bootstrap-key.ts';
import { clientSecret } from './steps/vault/client-secret.ts';
import { firstKey } from './steps/vault/first-key.ts';
import { rootKey } from './steps/vault/root-key.ts';
import { secretRoles } from './steps/vault/secret-roles.ts';
import { vaultAccess, vaultAccessEnded } from './steps/vault/vault-access.ts';
import { vaultDoorClosed, vaultDoorOpened } from './steps/vault/vault-door.ts';
import { vaultWork } from './steps/vault/vault-work.ts';

/** What is looked at before the person is asked. None of these changes anything but what `--install-func` asked for. */
export const lookSteps: readonly Step[] = [
  checkedArguments,
  tools,
  login,
  inventory,
  tenant,
  choices,
  region,
  runtime,
  names,
  networkThatGoes,
  azureRights,
  entraRights,
  price,
];

/** What is done after the answer, in this order. */
export const actSteps: readonly Step[] = [
  resourceGroup,
  providers,
  application,
  infrastructure,
  hostName,
  federation,
  vaultWork,
  vaultDoorOpened,
  vaultAccess,
  rootKey,
  clientSecret,
  bootstrapKey,
  secretRoles,
  publish,
  health,
  reach,
  firstKey,
  bootstrapKeyDisabled,
  // Access is granted for no longer than it takes.
  vaultAccessEnded,
  vaultDoorClosed,
  credentialAccepted,
  doctor,
  // After the app was seen to work without it.
  networkRemoved,
  // Last: it would keep every role assignment under it.
  lock,
];

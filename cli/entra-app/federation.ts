import { AzureProblem } from '../azure/problem.ts';
import type { Rest } from '../azure/rest.ts';
import { type FederatedCredential, federationForm } from './forms.ts';
import type { EntraParts, Federation } from './interface.ts';
import { createIfMissing, isPlaceholder, paths } from './paths.ts';
import { deleteOnce } from './remove.ts';
import { briefMs, isThereAlready, whileSpreading } from './sentences.ts';

/** Of the public cloud. https://learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity */
const audience = 'api://AzureADTokenExchange';

/** An application takes no more (the same page). */
const most = 20;

/** The credential that trusts the identity. Entra compares issuer and subject letter by letter. */
export const credentialOf = ({ tenantId, principalId, name }: Federation): FederatedCredential => ({
  // Another identity gets another credential: one that is changed in place may be taken for the old one for long.
  name: `${name}-${principalId}`,
  issuer: `https://login.microsoftonline.com/${tenantId}/v2.0`,
  subject: principalId,
  audiences: [audience],
});

const isSame = (one: FederatedCredential, other: FederatedCredential): boolean =>
  one.issuer === other.issuer && one.subject === other.subject && one.audiences.includes(audience);

export type FederationPlan =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'full' }
  /** `remove`: names of ours for identities that are gone, since the name of an app is its own. */
  | { readonly kind: 'add'; readonly remove: readonly string[] };

/** What is left to do that the application trusts the identity. Pure. */
export function planFederation(there: readonly FederatedCredential[], federation: Federation): FederationPlan {
  const wanted = credentialOf(federation);
  if (there.some((one) => isSame(one, wanted))) return { kind: 'nothing' };
  const isOurs = ({ name, subject }: FederatedCredential) =>
    name === credentialOf({ ...federation, principalId: subject }).name;
  const stale = there.filter((one) => isOurs(one) && one.issuer === wanted.issuer && one.subject !== wanted.subject);
  const left = there.length - stale.length - (there.some(({ name }) => name === wanted.name) ? 1 : 0);
  return left >= most ? { kind: 'full' } : { kind: 'add', remove: stale.map(({ name }) => name) };
}

async function list(graph: Rest, clientId: string): Promise<readonly FederatedCredential[]> {
  if (isPlaceholder(clientId)) return [];
  return (await graph.list(paths.federations(clientId))).map((one) => federationForm.parse(one));
}

export async function isTrusted(graph: Rest, clientId: string, federation: Federation): Promise<boolean> {
  return planFederation(await list(graph, clientId), federation).kind === 'nothing';
}

/** @throws AzureProblem federation_full */
export async function trustIdentity(
  { graph, report }: EntraParts,
  clientId: string,
  federation: Federation,
): Promise<void> {
  const plan = planFederation(await list(graph, clientId), federation);
  if (plan.kind === 'nothing') return;
  if (plan.kind === 'full') {
    throw new AzureProblem(
      'federation_full',
      `The application ${clientId} trusts ${most} identities already, and takes no more.`,
      'Remove one that is no longer used (App registrations, Certificates & secrets, Federated credentials), or use --credential secret.',
    );
  }
  for (const name of plan.remove) await deleteOnce(graph, paths.federation(clientId, name));
  const { name, ...body } = credentialOf(federation);
  try {
    await graph.send('PATCH', paths.federation(clientId, name), {
      ...{ headers: createIfMissing, body },
      notYet: whileSpreading(briefMs, report),
    });
  } catch (error) {
    if (!isThereAlready(error)) throw error;
  }
}

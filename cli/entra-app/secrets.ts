import { z } from 'zod';
import { AzureProblem, isProblem } from '../azure/problem.ts';
import type { Rest } from '../azure/rest.ts';
import { applicationFields, applicationForm } from './forms.ts';
import type { EntraParts, NewSecret, SecretInfo } from './interface.ts';
import { applicationPolicyForm, endsToTry, longestLifeMs, type Policies, tenantPolicyForm } from './lifetime.ts';
import { isPlaceholder, paths } from './paths.ts';
import { audiences } from './plan.ts';
import { briefMs, whileSpreading } from './sentences.ts';

const madeForm = z.object({ keyId: z.string(), secretText: z.string(), endDateTime: z.string() });

async function readApplication(graph: Rest, clientId: string) {
  if (isPlaceholder(clientId)) return undefined;
  const body = await graph.get(paths.application(clientId), { query: { $select: applicationFields } });
  return body === undefined ? undefined : applicationForm.parse(body);
}

export async function listSecrets(graph: Rest, clientId: string): Promise<readonly SecretInfo[]> {
  return (await readApplication(graph, clientId))?.passwordCredentials ?? [];
}

/** The Azure CLI may lack the right to read policies: then Entra's refusal shows. */
async function readPolicies(graph: Rest, clientId: string, createdAt: number | undefined): Promise<Policies> {
  const ifAllowed = async <Value>(read: () => Promise<Value>, instead: Value): Promise<Value> => {
    try {
      return await read();
    } catch (error) {
      if (isProblem(error, 'forbidden', 'not_found')) return instead;
      throw error;
    }
  };
  return {
    tenant: await ifAllowed(async () => tenantPolicyForm.parse((await graph.get(paths.defaultPolicy)) ?? {}), []),
    application: await ifAllowed(
      async () => (await graph.list(paths.policies(clientId))).flatMap((one) => applicationPolicyForm.parse(one)),
      [],
    ),
    createdAt,
  };
}

/** Applications for personal accounts, too: https://learn.microsoft.com/entra/identity-platform/supported-accounts-validation */
const mostOfPersonal = 2;

/**
 * Key id of the secret that has to go before another can come; undefined: there is room. An expired one goes first, and
 * then the older of two of ours, whose names begin with the same word. The only one of ours is in use: it stays until
 * the new one has taken its place. Pure.
 */
export function secretInTheWay(
  there: readonly SecretInfo[],
  { displayName, audience, now }: { displayName: string; audience: string | null | undefined; now: number },
): string | 'full' | undefined {
  if (audience !== audiences.personal || there.length < mostOfPersonal) return undefined;
  const [word] = displayName.split(' ');
  const byEnd = there.toSorted((one, other) => one.endsAt - other.endsAt);
  const ours = byEnd.filter((one) => one.displayName.split(' ')[0] === word);
  const found = byEnd.find(({ endsAt }) => endsAt <= now) ?? (ours.length > 1 ? ours[0] : undefined);
  return found?.keyId ?? 'full';
}

/** Makes a client secret; its value is in the answer alone. @throws AzureProblem */
export async function addSecret(
  { graph, clock, report }: EntraParts,
  clientId: string,
  displayName: string,
  days: number,
): Promise<NewSecret> {
  const application = await readApplication(graph, clientId);
  const now = clock.now();
  const inTheWay = secretInTheWay(application?.passwordCredentials ?? [], {
    ...{ displayName, audience: application?.signInAudience, now },
  });
  if (inTheWay === 'full') {
    throw new AzureProblem(
      'secrets_full',
      `The application ${clientId} is for personal accounts, too, and such a one has ${mostOfPersonal} client secrets at most. It has them, and none of them can be removed automatically.`,
      'Remove one that is no longer used (App registrations, Certificates & secrets), then run this command again; if the broker uses one and something else the other, give the broker its own application.',
    );
  }
  if (inTheWay !== undefined) await removeSecret(graph, clientId, inTheWay);
  const policies = application === undefined ? undefined : await readPolicies(graph, clientId, application.createdAt);
  const ends = endsToTry(days, policies === undefined ? undefined : longestLifeMs(policies), now);
  for (const [place, endsAt] of ends.entries()) {
    const passwordCredential = { displayName, endDateTime: new Date(endsAt).toISOString() };
    try {
      const { body } = await graph.send('POST', paths.addPassword(clientId), {
        body: { passwordCredential },
        instead: { keyId: '<key id>', secretText: '<secret>', endDateTime: passwordCredential.endDateTime },
        notYet: whileSpreading(briefMs, report),
      });
      const made = madeForm.parse(body);
      return { keyId: made.keyId, displayName, value: made.secretText, endsAt: Date.parse(made.endDateTime) };
    } catch (error) {
      if (!isProblem(error, 'secret_lifetime') || place === ends.length - 1) throw error;
      report('Your organisation does not allow such a long lifetime for client secrets; trying a shorter one');
    }
  }
  throw new Error('There is always one to try.');
}

export async function removeSecret(graph: Rest, clientId: string, keyId: string): Promise<void> {
  try {
    await graph.send('POST', paths.removePassword(clientId), { body: { keyId }, repeatable: true });
  } catch (error) {
    // Already removed: Graph refuses a key id that it does not have.
    if (!isProblem(error, 'not_found', 'refused')) throw error;
    if ((await listSecrets(graph, clientId)).some((one) => one.keyId === keyId)) throw error;
  }
}

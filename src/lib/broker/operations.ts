import { redirectUriOf } from '../connect/ports.ts';
import { createDashboard, createDashboardOff } from '../dashboard/dashboard.ts';
import { createSessions } from '../dashboard/session.ts';
import { createChecks } from '../doctor/checks.ts';
import { createDoctor } from '../doctor/doctor.ts';
import { adminRole } from '../domain/admin-role.ts';
import { createRoleSignIn } from '../entra/role-sign-in.ts';
import type { LogCounts } from '../metrics/counting-log.ts';
import { createDeploymentFigures } from '../metrics/deployment.ts';
import { type Exposition, expose } from '../metrics/exposition.ts';
import { createAuditTrail } from '../store/deployment/audit-trail.ts';
import { createSubscriptionRows } from '../store/mailboxes/subscriptions.ts';
import { rootSecretName } from '../vault/root-keys.ts';
import type { Base } from './base.ts';
import type { Delivery } from './delivery.ts';
import type { Identity } from './identity.ts';
import type { MailAccess } from './mail-access.ts';
import type { Sending } from './sending.ts';
import type { Storage } from './storage.ts';

/** What an administrator looks at: the doctor, the dashboard and the metrics. */
export function composeOperations(
  { config, environment, clock, random, log }: Base,
  storage: Storage,
  { client, tokens }: Identity,
  { probe }: MailAccess,
  { deliverer, destinations }: Delivery,
  { outgoing }: Sending,
  { counts, startedAt }: { readonly counts: LogCounts; readonly startedAt: Date },
) {
  const { store, directory, registry, vault, rootKeys, sealer } = storage;
  const { destinationRows, lastRuns, signInStates, deliveries, apiKeys, audit } = storage;
  const { adminTenant, publicUrl } = config;
  const doctor = createDoctor({
    clock,
    log,
    checks: createChecks({
      config,
      environment,
      clock,
      store,
      vault,
      keys: rootKeys,
      client,
      queue: storage.queue,
      fetch,
      directory,
      lastRuns,
      destinationRows,
      deliverer,
      registry,
      tokens,
      probe,
      outgoing,
      subscriptionRows: createSubscriptionRows({ store, clock, random }),
      redirectUri: redirectUriOf(publicUrl),
    }),
  });
  const figures = createDeploymentFigures({ registry, destinations: destinationRows, clock });
  return {
    doctor,
    dashboard:
      adminTenant === undefined
        ? createDashboardOff(publicUrl)
        : createDashboard({
            publicUrl,
            sessions: createSessions({
              sealer,
              clock,
              keyIds: async () => (await vault.versions(rootSecretName)).map(({ id }) => id),
            }),
            signIn: {
              publicUrl,
              signIn: createRoleSignIn(
                config.entra,
                { tenant: adminTenant, role: adminRole.value },
                { client, random },
              ),
              states: signInStates,
              clock,
              random,
            },
            actions: { registry, destinations, deliveries, apiKeys, audit },
            overview: {
              store,
              directory,
              registry,
              destinations,
              deliveries,
              apiKeys,
              trail: createAuditTrail(store),
              clock,
            },
            // Anyone who may open the dashboard sees all of it.
            examine: (language) =>
              doctor.examine(language, { isLimited: false, mailbox: () => true, destination: () => true }),
          }),
    /** What `GET metrics` answers to this Accept header. */
    metrics: async (accept: string): Promise<Exposition> =>
      expose(
        {
          process: { ...counts, startedAt, rssBytes: process.memoryUsage.rss() },
          deployment: await figures().catch(() => undefined),
        },
        accept,
      ),
  };
}

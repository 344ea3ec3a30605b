import type { EntraClient } from '../../entra/client.ts';
import { BrokerError } from '../../errors.ts';
import { ok } from './findings.ts';
import type { Check } from './types.ts';

/** Graph has a token for every app, regardless of its permissions. */
export interface CredentialCheckDeps {
  readonly client: Pick<EntraClient, 'run'>;
  /** The tenant that is asked; undefined where the app serves any. */
  readonly tenant: string | undefined;
  readonly graphResource: string;
}

/** Microsoft takes the credential of the app: one live request for a token of the app itself, which is thrown away. */
export function credentialCheck({ client, tenant, graphResource }: CredentialCheckDeps): Check {
  return {
    name: 'credential',
    async run(report) {
      if (tenant === undefined) {
        report({
          status: 'unknown',
          sentence: {
            en: 'The app serves every tenant, so there is none to test its credential in.',
            zh: '应用服务于所有租户，因此没有可用于测试凭据的租户。',
          },
          remedy: {
            en: 'List the tenants in ALLOWED_TENANTS, or check the mailboxes below.',
            zh: '请在 ALLOWED_TENANTS 中列出租户，或查看下方的邮箱检查。',
          },
          who: 'deployment owner',
        });
        return;
      }
      await client.run({
        phase: 'app',
        isDecisive: false,
        isProbe: true,
        tenant,
        async run(app) {
          const token = await app.acquireTokenByClientCredential({ scopes: [`${graphResource}/.default`] });
          if (token === null) throw new BrokerError('entra_unavailable');
        },
      });
      report(ok({ en: "Microsoft accepts the app's credential.", zh: 'Microsoft 接受应用的凭据。' }));
    },
  };
}

/** The tenant in which the credential can be tried. Pure. */
export function tenantToTry(tenant: string, allowed: readonly string[] | '*'): string | undefined {
  if (!['organizations', 'consumers', 'common'].includes(tenant)) return tenant;
  return allowed === '*' ? undefined : allowed[0];
}

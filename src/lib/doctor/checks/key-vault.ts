import type { Clock } from '../../domain/clock.ts';
import { dayMs } from '../../domain/duration.ts';
import { rootSecretName } from '../../vault/root-keys.ts';
import type { RootKeys, SecretVersion, Vault } from '../../vault/types.ts';
import { failure, ok } from './findings.ts';
import type { Check, Finding } from './types.ts';

/** From so long before its end on, an expiring secret is a warning: a renewal may need a change window. */
const warnMs = 30 * dayMs;

/** Key Vault answers and has the secrets that the broker lives on. Reads past the cache. */
export function keyVaultCheck(deps: {
  readonly vault: Pick<Vault, 'secret'>;
  readonly keys: Pick<RootKeys, 'current'>;
  readonly clock: Clock;
  /** Undefined where a managed identity stands in for the client secret. */
  readonly clientSecretName: string | undefined;
}): Check {
  const { vault, keys, clock, clientSecretName } = deps;
  return {
    name: 'key-vault',
    async run(report) {
      const root = async () => {
        await vault.secret(rootSecretName, { fresh: true });
        // Of the right length and form, too.
        await keys.current('apikey');
        report(ok({ en: 'The root key is present and usable.', zh: '根密钥存在且可用。' }, rootSecretName));
      };
      const clientSecret = async (name: string) =>
        report(expiryOf(name, await vault.secret(name, { fresh: true }), clock.now()));
      const orFailure = (subject: string, look: Promise<void>) =>
        look.catch((error: unknown) => report(failure(error, subject)));
      await Promise.all([
        orFailure(rootSecretName, root()),
        ...(clientSecretName === undefined ? [] : [orFailure(clientSecretName, clientSecret(clientSecretName))]),
      ]);
    },
  };
}

/** Pure. */
export function expiryOf(name: string, { expiresOn }: Pick<SecretVersion, 'expiresOn'>, now: number): Finding {
  if (expiresOn === undefined) {
    return {
      status: 'warn',
      subject: name,
      sentence: {
        en: 'The client secret is present, but Key Vault has no expiry date for it, so there will be no warning before it expires.',
        zh: '客户端机密存在，但 Key Vault 中没有它的到期日期，因此到期前不会有提醒。',
      },
      remedy: {
        en: 'Set the expiry date of the secret in Key Vault to that of the client secret in Entra.',
        zh: '请在 Key Vault 中将其到期日期设为 Entra 中客户端机密的到期日期。',
      },
      who: 'deployment owner',
    };
  }
  const date = expiresOn.toISOString().slice(0, 10);
  const days = Math.floor((expiresOn.getTime() - now) / dayMs);
  if (expiresOn.getTime() <= now) {
    return {
      status: 'fail',
      subject: name,
      code: 'client_secret_expired',
      sentence: { en: `The client secret expired on ${date}.`, zh: `客户端机密已于 ${date} 到期。` },
      remedy: renew,
      who: 'deployment owner',
    };
  }
  if (expiresOn.getTime() - now < warnMs) {
    return {
      status: 'warn',
      subject: name,
      sentence: {
        en: `The client secret expires on ${date}, in ${days} days.`,
        zh: `客户端机密将于 ${date} 到期，还剩 ${days} 天。`,
      },
      remedy: renew,
      who: 'deployment owner',
    };
  }
  return ok({ en: `The client secret is valid until ${date}.`, zh: `客户端机密有效期至 ${date}。` }, name);
}

const renew = {
  en: 'Renew it: npm run deploy creates the next one; docs/admin.md says how to do it manually.',
  zh: '请更新：npm run deploy 会生成新的机密；手动方法见 docs/admin.md。',
};

import { ok } from '../../../src/lib/doctor/checks/findings.ts';
import { expiryOf } from '../../../src/lib/doctor/checks/key-vault.ts';
import type { Finding } from '../../../src/lib/doctor/checks/types.ts';
import { isProblem } from '../../azure/problem.ts';
import { entraOf } from '../../deploy/entra.ts';
import { known, type SecretInfo } from '../../deploy/facts.ts';
import { bootstrapName, rootName, secretTags } from '../../deploy/plan/vault-work.ts';
import type { Run } from '../../deploy/run.ts';
import { listSecrets } from '../../deploy/vault.ts';
import { deployAgain } from '../problem-finding.ts';

/** The vault's secrets by what ARM lists of them: names, ends, tags; never a value. */
export async function lookAtSecrets(run: Run): Promise<readonly Finding[]> {
  const { clientSecretName, clientId } = known(run.facts, 'choices');
  const isSecret = known(run.facts, 'credential').credential === 'secret';
  const secrets = await listSecrets(run);
  return judgeSecrets({
    secrets,
    clientSecretName: isSecret ? clientSecretName : undefined,
    keyIds: isSecret && clientId !== undefined ? await keyIdsOf(run, clientId) : undefined,
    now: run.ports.clock.now(),
  });
}

/** Ids of the client secrets that Entra knows; undefined where the person may not see them. */
async function keyIdsOf(run: Run, clientId: string): Promise<readonly string[] | undefined> {
  try {
    return (await entraOf(run).secrets(clientId)).map(({ keyId }) => keyId);
  } catch (error) {
    if (isProblem(error, 'forbidden', 'not_found')) return undefined;
    throw error;
  }
}

export interface SecretsQuestion {
  readonly secrets: readonly SecretInfo[];
  /** Undefined where a managed identity stands in for it. */
  readonly clientSecretName: string | undefined;
  readonly keyIds: readonly string[] | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Pure. */
export function judgeSecrets({ secrets, clientSecretName, keyIds, now }: SecretsQuestion): readonly Finding[] {
  const find = (name: string) => secrets.find((secret) => secret.name === name);
  const findings: Finding[] = [judgeRoot(find(rootName))];
  if (clientSecretName !== undefined) {
    findings.push(judgeClientSecret(clientSecretName, find(clientSecretName), keyIds, now));
  }
  if (find(bootstrapName)?.enabled === true) findings.push(bootstrapOpen);
  return findings;
}

function judgeRoot(root: SecretInfo | undefined): Finding {
  if (root?.enabled === true) {
    return ok({ en: 'The root key is there and enabled.', zh: '根密钥存在且已启用。' }, rootName);
  }
  return {
    status: 'fail',
    subject: rootName,
    sentence:
      root === undefined
        ? { en: 'The root key is not in the vault.', zh: '保管库中没有根密钥。' }
        : { en: 'The newest version of the root key is disabled.', zh: '根密钥的最新版本已停用。' },
    remedy:
      root === undefined
        ? {
            en: 'If it was deleted, recover it (az keyvault secret recover --name broker-root --vault-name VAULT): it opens every sealed sign-in. Of a new deployment npm run deploy makes it.',
            zh: '如果它被删除，请恢复（az keyvault secret recover --name broker-root --vault-name 保管库）：它用于打开所有已密封的登录。新部署由 npm run deploy 创建。',
          }
        : {
            en: 'Enable it: az keyvault secret set-attributes --name broker-root --vault-name VAULT --enabled true.',
            zh: '请启用：az keyvault secret set-attributes --name broker-root --vault-name 保管库 --enabled true。',
          },
    who: 'deployment owner',
  };
}

function judgeClientSecret(
  name: string,
  secret: SecretInfo | undefined,
  keyIds: readonly string[] | undefined,
  now: number,
): Finding {
  const bad = (en: string, zh: string): Finding => ({
    status: 'fail',
    subject: name,
    sentence: { en, zh },
    remedy: deployAgain,
    who: 'deployment owner',
  });
  if (secret === undefined) return bad('The client secret is not in the vault.', '保管库中没有客户端机密。');
  if (!secret.enabled) return bad('The client secret is disabled in the vault.', '保管库中的客户端机密已停用。');
  const keyId = secret.tags[secretTags.keyId];
  // Written by hand it has no tag, so it cannot be compared.
  if (keyId !== undefined && keyIds !== undefined && !keyIds.includes(keyId)) {
    return bad(
      'The application in Entra no longer has the client secret that is in the vault.',
      'Entra 中的应用已没有保管库里的这个客户端机密。',
    );
  }
  return expiryOf(name, secret.endsAt === undefined ? {} : { expiresOn: new Date(secret.endsAt) }, now);
}

const bootstrapOpen: Finding = {
  status: 'warn',
  subject: bootstrapName,
  sentence: {
    en: "The deployment's first key is still enabled; anyone who reads it can create any key.",
    zh: '部署的初始密钥仍处于启用状态；读取到它的人可以创建任何类型的密钥。',
  },
  remedy: {
    en: 'Run npm run deploy where the first admin key is: it disables it. By hand: az keyvault secret set-attributes --name bootstrap-admin-key --vault-name VAULT --enabled false.',
    zh: '请在保存首个管理员密钥的机器上运行 npm run deploy 以停用它；手动：az keyvault secret set-attributes --name bootstrap-admin-key --vault-name 保管库 --enabled false。',
  },
  who: 'deployment owner',
};

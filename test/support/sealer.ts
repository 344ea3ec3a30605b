import { randomBytes } from 'node:crypto';
import type { Sealer } from '../../src/lib/domain/sealing.ts';
import { systemRandom } from '../../src/lib/domain/system.ts';
import { createRootKeys } from '../../src/lib/vault/root-keys.ts';
import { createSealer } from '../../src/lib/vault/seal.ts';
import type { SecretVersion } from '../../src/lib/vault/types.ts';

/** The real sealer over root keys that live in memory; the oldest of them can be lost. */
export function memorySealer(): { readonly sealer: Sealer; rotate(): void; loseOldest(count: number): void } {
  const versions: SecretVersion[] = [];
  const rotate = () =>
    void versions.unshift({
      version: randomBytes(16).toString('hex'),
      value: randomBytes(32).toString('base64url'),
    });
  rotate();
  const keys = createRootKeys({
    async secret() {
      const [newest] = versions;
      if (newest === undefined) throw new Error('no root key');
      return newest;
    },
    secretVersion: async (_name, version) => versions.find((item) => item.version === version),
    versions: async () => versions.map(({ version }) => ({ id: version, enabled: true })),
  });
  const loseOldest = (count: number) => void versions.splice(-count, count);
  return { sealer: createSealer({ keys, random: systemRandom }), rotate, loseOldest };
}

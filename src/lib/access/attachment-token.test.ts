import { describe, expect, it } from 'vitest';
import { manualClock } from '../../../test/support/http.ts';
import vectors from '../../../test/vectors.json' with { type: 'json' };
import { base64url, fromBase64url } from '../domain/bytes.ts';
import { createRootKeys } from '../vault/root-keys.ts';
import { type AttachmentPlace, createAttachmentTokens } from './attachment-token.ts';

const dayMs = 86_400_000;
const root = { version: vectors.attachKid, value: vectors.attachRootKey };
let vaultReads = 0;
const rootKeys = createRootKeys({
  secret: async () => root,
  secretVersion: async (_name, version) => (version === root.version ? root : undefined),
  versions: async () => {
    vaultReads += 1;
    return [{ id: root.version, enabled: true }];
  },
});
const expiryMs = vectors.attachExpirySeconds * 1000;
const at = (now: number, lifetimeMs = dayMs) =>
  createAttachmentTokens({ rootKeys, clock: manualClock(now), lifetimeMs });
const tokens = at(expiryMs - dayMs);
const place: AttachmentPlace = {
  mailboxId: vectors.mailboxId,
  folderId: vectors.folderId,
  uidValidity: BigInt(vectors.uidValidity),
  uid: vectors.uid,
  hash: fromBase64url(vectors.messageHash),
  day: vectors.attachDay,
  part: vectors.attachPart,
};

describe('the token of an attachment', () => {
  it('is the one that the vectors hold', async () => {
    expect((await rootKeys.current('attach')).key).toEqual(fromBase64url(vectors.attachMacKey));
    expect((await tokens.signer())(place)).toBe(vectors.attachToken);
    expect(await tokens.open(vectors.attachToken)).toEqual(place);
  });

  it('opens until its second is over', async () => {
    expect(await at(expiryMs - 1).open(vectors.attachToken)).toEqual(place);
    await expect(at(expiryMs).open(vectors.attachToken)).rejects.toMatchObject({
      code: 'attachment_link_expired',
      status: 410,
    });
  });

  it('does not open with any one bit changed', async () => {
    const bytes = fromBase64url(vectors.attachToken);
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = new Uint8Array(bytes);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      await expect(tokens.open(base64url(changed))).rejects.toMatchObject({ code: 'attachment_link_invalid' });
    }
  });

  it('does not open with bytes added, taken away or written differently', async () => {
    const bytes = fromBase64url(vectors.attachToken);
    const others = [
      base64url(Uint8Array.from([...bytes, 1])),
      base64url(bytes.subarray(0, -1)),
      `${vectors.attachToken}=`,
      `${vectors.attachToken.slice(0, -1)}${vectors.attachToken.endsWith('A') ? 'B' : 'A'}`,
    ];
    for (const other of others) {
      await expect(tokens.open(other)).rejects.toMatchObject({ code: 'attachment_link_invalid', status: 404 });
    }
  });

  it.each(['', 'x', '<script>', 'A'.repeat(98), 'A'.repeat(131), 'A'.repeat(5000), `${'A'.repeat(99)}\n`])(
    'does not open from %j, and no key is looked for',
    async (text) => {
      vaultReads = 0;
      await expect(tokens.open(text)).rejects.toMatchObject({ code: 'attachment_link_invalid' });
      expect(vaultReads).toBe(0);
    },
  );

  it('says where the file is for every form of part, and is short', async () => {
    const sign = await tokens.signer();
    for (const part of ['1', '2', '127', '128', '16384', '999999', '1.2.3', '500.500.500', `${'1.'.repeat(23)}1`]) {
      const token = sign({ ...place, part }) ?? '';
      expect(token.length).toBeLessThanOrEqual(130);
      expect(await tokens.open(token)).toEqual({ ...place, part });
    }
  });

  it.each(['', '0', '01', '1.', 'x', 'TEXT', '1.MIME', '1000000', `${'1.'.repeat(24)}1`])(
    'is not made for the part %j',
    async (part) => {
      expect((await tokens.signer())({ ...place, part })).toBeUndefined();
    },
  );

  it('is bound to every one of its parts', async () => {
    const sign = await tokens.signer();
    const changes: Partial<AttachmentPlace>[] = [
      { mailboxId: 'mbx_0008_0123456789abcdef' },
      { mailboxId: 'mbx_0007_0123456789abcdeF' },
      { folderId: 'fAb3dE6h' },
      { uidValidity: 1n },
      { uid: 4712 },
      { hash: fromBase64url('KAxUcc_Gyew') },
      { day: 20780 },
      { part: '2.131.2' },
    ];
    const macs = [place, ...changes.map((change) => ({ ...place, ...change }))].map((each) =>
      base64url(fromBase64url(sign(each) ?? '').subarray(57, 73)),
    );
    expect(new Set(macs).size).toBe(macs.length);
  });
});

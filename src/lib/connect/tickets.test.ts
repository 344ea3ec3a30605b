import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { manualClock } from '../../../test/support/http.ts';
import { base64url, fromBase64url } from '../domain/bytes.ts';
import { systemRandom } from '../domain/system.ts';
import { createTicketTokens } from './tickets.ts';

const vectors = JSON.parse(readFileSync(new URL('../../../test/vectors.json', import.meta.url), 'utf8'));

const clock = manualClock(vectors.ticketExpirySeconds * 1000 - 5000);
const asked: string[] = [];
const rootKeys = {
  current: async () => ({ kid: vectors.ticketKid as string, key: fromBase64url(vectors.ticketMacKey) }),
  byPrefix: async (_use: string, prefix: Uint8Array) => {
    const hex = Buffer.from(prefix).toString('hex');
    asked.push(hex);
    return vectors.ticketKid.startsWith(hex)
      ? { kid: vectors.ticketKid as string, key: fromBase64url(vectors.ticketMacKey) }
      : undefined;
  },
};
const tokens = createTicketTokens({ rootKeys, clock, random: systemRandom });

describe('the token of a link', () => {
  it('is the one that the vectors hold', async () => {
    const fixed = createTicketTokens({
      rootKeys,
      clock,
      random: { bytes: () => fromBase64url(vectors.ticketId) },
    });
    expect(await fixed.issue(new Date(vectors.ticketExpirySeconds * 1000 + 999))).toEqual({
      token: vectors.ticketToken,
      key: vectors.ticketRowKey,
    });
    expect(await tokens.open(vectors.ticketToken)).toEqual({ key: vectors.ticketRowKey });
  });

  it('does not open with any one bit changed', async () => {
    const bytes = fromBase64url(vectors.ticketToken);
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = new Uint8Array(bytes);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      await expect(tokens.open(base64url(changed))).rejects.toMatchObject({ code: 'link_invalid' });
    }
  });

  it.each(['', 'x', '<script>', `${vectors.ticketToken}A`, vectors.ticketToken.slice(0, -1), '../../x', '\u0000'])(
    'does not open from %j, and no key is looked for',
    async (text) => {
      asked.length = 0;
      await expect(tokens.open(text)).rejects.toMatchObject({ code: 'link_invalid' });
      expect(asked).toEqual([]);
    },
  );

  it('opens as it was given out, and not with its last character written in another way', async () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const others = [...alphabet].filter((character) => !vectors.ticketToken.endsWith(character));
    for (const character of others) {
      await expect(tokens.open(vectors.ticketToken.slice(0, -1) + character)).rejects.toMatchObject({
        code: 'link_invalid',
      });
    }
    await expect(tokens.open(vectors.ticketToken)).resolves.toBeDefined();
  });

  it('does not open under a root key that is not listed', async () => {
    const bytes = fromBase64url(vectors.ticketToken);
    bytes.set([1, 2, 3, 4], 0);
    await expect(tokens.open(base64url(bytes))).rejects.toMatchObject({ code: 'link_invalid' });
  });

  it('says that it has expired from the very second on, without a look at its row', async () => {
    clock.advance(4999);
    await expect(tokens.open(vectors.ticketToken)).resolves.toBeDefined();
    clock.advance(1);
    await expect(tokens.open(vectors.ticketToken)).rejects.toMatchObject({ code: 'link_expired', status: 410 });
  });
});

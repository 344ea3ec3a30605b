import type { Sealer } from '../../src/lib/domain/sealing.ts';

/** Sealing is no part of what is simulated; nothing here is secret. */
export const plainSealer: Sealer = {
  seal: async (_place, plain) => new Uint8Array(plain),
  open: async (_place, sealed) => new Uint8Array(sealed),
  needsReseal: async () => false,
};

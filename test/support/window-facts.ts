import type { DestinationFacts } from '../../src/lib/sync/state/types.ts';

/** Facts of a destination that takes messages in any order. */
export const anyOrder: DestinationFacts = {
  order: async () => 'window',
  lastAccepted: async () => undefined,
  died: async () => {},
  headsMoved: async () => 0,
  headMoved: async () => {},
};

/** What `broker()` returns in a test of routes; each test file composes its own. */
export const composed: { broker: () => Promise<unknown> } = {
  broker: async () => {
    throw new Error('not composed yet');
  },
};

/** Stands in for src/lib/broker.ts: `vi.mock('…/broker.ts', () => import('…/composed.ts'))`. */
export const broker = (): Promise<unknown> => composed.broker();

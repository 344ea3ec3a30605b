import type { FaultKind } from './faults.ts';
import { live, type Order } from './lived.ts';

type Sent = Omit<Order, 'without'> & { readonly without: readonly FaultKind[] };

process.on('message', async (sent) => {
  const order = sent as Sent;
  process.send?.(await live({ ...order, without: new Set(order.without) }));
});
process.on('disconnect', () => process.exit(0));

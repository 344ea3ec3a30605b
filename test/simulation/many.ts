import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Lived, Order } from './lived.ts';

/** Worlds that a process gets at a time: enough to be worth the message, and none waits long for the last one. */
const portion = 50;

const seedsOf = ({ from, to }: { readonly from: number; readonly to: number }): string => `${from}..${to}`;

/**
 * Lives through many worlds in several processes.
 * @param heard called for each portion, in the order in which they end
 * @throws Error if a process ends unexpectedly
 */
export async function liveMany(order: Order, jobs: number, heard: (lived: Lived) => void): Promise<void> {
  let next = order.from;
  const take = (): Order | undefined => {
    if (next > order.to) return undefined;
    const from = next;
    next += portion;
    return { ...order, from, to: Math.min(from + portion - 1, order.to) };
  };
  const children = Array.from({ length: jobs }, () => fork(fileURLToPath(new URL('many-child.ts', import.meta.url))));
  const work = (child: (typeof children)[number]) =>
    new Promise<void>((resolve, reject) => {
      let mine: Order | undefined;
      const give = () => {
        mine = take();
        if (mine === undefined) resolve();
        else child.send({ ...mine, without: [...mine.without] });
      };
      child.on('message', (lived) => {
        heard(lived as Lived);
        give();
      });
      child.on('error', reject);
      child.on('exit', (code, signal) => {
        if (mine !== undefined) reject(new Error(`a process ended in worlds ${seedsOf(mine)}: ${signal ?? code}`));
      });
      give();
    });
  try {
    await Promise.all(children.map(work));
  } finally {
    for (const child of children) child.kill();
  }
}

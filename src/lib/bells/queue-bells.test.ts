import { expect, it } from 'vitest';
import { BrokerError } from '../errors.ts';
import type { Log } from '../log.ts';
import { createGate } from './gate.ts';
import { createReadNotifications } from './notification.ts';
import { queueBells } from './queue-bells.ts';

const silent: Log = { info() {}, warn() {}, error() {} };
const idOf = (number: number) => `mbx_0001_${String(number).padStart(16, '0')}`;

/** A door whose clock stands still, and notifications about mailboxes with these numbers. */
function door() {
  const open = async (number: string) => ({ mailboxId: idOf(Number(number)), folderId: 'fAbCdEf1' });
  const read = createReadNotifications({ states: { open }, gate: createGate({ monotonic: () => 0 }), log: silent });
  return (...numbers: readonly number[]) => read({ value: numbers.map((number) => ({ clientState: String(number) })) });
}

const refuses = async () => {
  throw new BrokerError('storage_unreachable');
};

it('rings at once when Microsoft repeats notifications that the queue refused', async () => {
  const read = door();
  for (let times = 0; times < 4; times++) {
    await expect(queueBells(await read(1), refuses)).rejects.toMatchObject({ code: 'storage_unreachable' });
  }
  const sent: number[] = [];
  await queueBells(await read(1), async (_, afterMs) => void sent.push(afterMs));
  expect(sent).toEqual([0]);
});

it('lets the second bell of a mailbox wait if only another one was refused', async () => {
  const read = door();
  const send = (message: object) => (JSON.stringify(message).includes(idOf(2)) ? refuses() : Promise.resolve());
  await expect(queueBells(await read(1, 2), send)).rejects.toThrow();
  expect((await read(1)).map(({ afterMs }) => afterMs)).toEqual([5000]);
  expect((await read(2)).map(({ afterMs }) => afterMs)).toEqual([0]);
});

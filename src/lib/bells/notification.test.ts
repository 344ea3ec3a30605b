import { expect, it } from 'vitest';
import type { Log } from '../log.ts';
import { createGate } from './gate.ts';
import { createReadNotifications } from './notification.ts';

const silent: Log = { info() {}, warn() {}, error() {} };
const place = { mailboxId: 'mbx_0001_abcdefghijklmnop', folderId: 'fAbCdEf1' };
const bell = { v: 1, kind: 'bell', mailbox: place.mailboxId, tries: 0 };

const refused = expect.any(Function);

function reader(open = async (text: string) => (text === 'ours' ? place : undefined)) {
  return createReadNotifications({ states: { open }, gate: createGate({ monotonic: () => 0 }), log: silent });
}

it('queues one bell for a mailbox, however many messages are announced at once, and one more for later', async () => {
  const value = Array(1000).fill({ clientState: 'ours', changeType: 'created', resourceData: { id: 'x' } });
  expect(await reader()({ value })).toEqual([
    { message: bell, afterMs: 0, refused },
    { message: bell, afterMs: 5000, refused },
  ]);
});

it.each([
  ['a notification that does not carry our MAC', { value: [{ clientState: 'theirs' }] }],
  ['one without clientState', { value: [{}] }],
  ['a clientState that is too long', { value: [{ clientState: 'x'.repeat(129) }] }],
  ['more than come at once', { value: Array(1001).fill({ clientState: 'ours' }) }],
  ['no object', 'hello'],
  ['nothing', undefined],
])('queues nothing for %s', async (_, body) => {
  expect(await reader()(body)).toEqual([]);
});

it.each([
  ['subscriptionRemoved', true],
  ['reauthorizationRequired', false],
])('has a subscription looked after when Microsoft says %s, and the mailbox polled', async (lifecycleEvent, lost) => {
  const hint = { v: 1, kind: 'subscribe', mailbox: place.mailboxId, folder: place.folderId, lost };
  expect(await reader()({ value: [{ clientState: 'ours', lifecycleEvent }] })).toEqual([
    { message: hint, afterMs: 0, refused },
    { message: bell, afterMs: 0, refused },
  ]);
});

it.each(['missed', 'somethingNew'])('has the mailbox polled when Microsoft says %s', async (lifecycleEvent) => {
  expect(await reader()({ value: [{ clientState: 'ours', lifecycleEvent }] })).toEqual([
    { message: bell, afterMs: 0, refused },
  ]);
});

it('queues nothing while there is no root key to check by', async () => {
  const read = reader(async () => {
    throw new Error('the vault is away');
  });
  expect(await read({ value: [{ clientState: 'ours' }] })).toEqual([]);
});

it('reads the notifications of our form in a body that has others beside them', async () => {
  const value = [null, 'x', { clientState: 7 }, { clientState: 'ours' }, { lifecycleEvent: 'missed' }];
  expect(await reader()({ value })).toEqual([{ message: bell, afterMs: 0, refused }]);
});

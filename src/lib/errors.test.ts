import { expect, it, vi } from 'vitest';
import { BrokerError, isBrokerError } from './errors.ts';
import { toBrokerError } from './http/problem.ts';
import { isStoreError, StoreError } from './store/table/table.ts';

/** The modules once more, as the bundle has them in its own file and in what is loaded later. */
async function twice() {
  vi.resetModules();
  const [errors, table] = await Promise.all([import('./errors.ts'), import('./store/table/table.ts')]);
  return { ...errors, ...table };
}

it('knows an error of the broker though its class is that of another file of the bundle', async () => {
  const other = await twice();
  expect(other.BrokerError).not.toBe(BrokerError);
  const error = new other.BrokerError('conflict');
  expect([isBrokerError(error), isBrokerError(error, 'conflict'), isBrokerError(error, 'grant_missing')]).toEqual([
    true,
    true,
    false,
  ]);
  expect(other.isBrokerError(new BrokerError('conflict'))).toBe(true);
  expect(toBrokerError(error)).toBe(error);
});

it('knows an error of the store though its class is that of another file of the bundle', async () => {
  const other = await twice();
  const error = new other.StoreError('conflict');
  expect([isStoreError(error), isStoreError(error, 'conflict'), isStoreError(error, 'refused')]).toEqual([
    true,
    true,
    false,
  ]);
  expect(other.isStoreError(new StoreError('missing'))).toBe(true);
  expect(toBrokerError(error)).toMatchObject({ code: 'conflict' });
});

it.each([[new Error('x')], [{ name: 'BrokerError', code: 'conflict' }], [undefined], ['BrokerError']])(
  'takes nothing else for one: %s',
  (error) => {
    expect([isBrokerError(error), isStoreError(error)]).toEqual([false, false]);
  },
);

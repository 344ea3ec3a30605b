import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { memoryBlobs } from '../../../../test/support/memory-blobs.ts';
import { azuriteOfSuite } from '../../../../test/support/suite-tables.ts';
import { systemClock } from '../../domain/system.ts';
import { createBlobs } from './blobs.ts';

const never = {
  getToken: async () => {
    throw new Error('no identity is asked with a connection string');
  },
};

const azure = async () => {
  const { connectionString } = await azuriteOfSuite();
  return createBlobs(`c${randomUUID()}`, { AzureWebJobsStorage: connectionString }, never);
};

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

async function textOf(source: AsyncIterable<Uint8Array> | undefined): Promise<string | undefined> {
  if (source === undefined) return undefined;
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe.each([
  ['of the emulator', azure],
  ['in memory', async () => memoryBlobs(systemClock)],
])('blobs %s', (_where, make) => {
  it('give back what was written, and the newest of that name', async () => {
    const blobs = await make();
    await blobs.write('one', pieces('a', 'bc'));
    await blobs.write('two', pieces('x'.repeat(3_000_000)));
    await blobs.write('one', pieces('d'));
    expect(await textOf(await blobs.read('one'))).toBe('d');
    expect((await textOf(await blobs.read('two')))?.length).toBe(3_000_000);
    const names: string[] = [];
    for await (const { name, writtenAt } of blobs.list()) {
      names.push(name);
      expect(Math.abs(writtenAt.getTime() - Date.now())).toBeLessThan(3_600_000);
    }
    expect(names.sort()).toEqual(['one', 'two']);
  });

  it('are empty before the first, and forget what is deleted, twice if need be', async () => {
    const blobs = await make();
    for await (const blob of blobs.list()) expect(blob).toBeUndefined();
    expect(await blobs.read('one')).toBeUndefined();
    await blobs.delete('one');
    await blobs.write('one', pieces('a'));
    await blobs.delete('one');
    await blobs.delete('one');
    expect(await blobs.read('one')).toBeUndefined();
  });

  it('keep nothing of content that fails midway, and throw its own error', async () => {
    const blobs = await make();
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(2_500_000);
      throw new Error('the source broke');
    }
    await expect(blobs.write('one', broken())).rejects.toThrow('the source broke');
    expect(await blobs.read('one')).toBeUndefined();
  });
});

describe('blobs that cannot be reached', () => {
  it('say so, and why where no setting names a storage', async () => {
    const nowhere = createBlobs('c', {}, never);
    await expect(nowhere.read('one')).rejects.toMatchObject({
      code: 'storage_unreachable',
      message: 'No setting names the storage account for outgoing mail.',
    });
  });
});

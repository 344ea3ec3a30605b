import { Readable } from 'node:stream';
import type { TokenCredential } from '@azure/identity';
import type { ContainerClient } from '@azure/storage-blob';
import { z } from 'zod';
import { BrokerError } from '../../errors.ts';
import { hostStorage } from './host-storage.ts';

/** Sealed content that is too large for a row. */
export interface Blobs {
  /**
   * Writes a blob whole, as its content comes; one of that name is replaced. Nothing is there if it fails.
   * @throws what `content` throws; BrokerError `storage_unreachable`
   */
  write(name: string, content: AsyncIterable<Uint8Array>): Promise<void>;
  /** The content as it comes; undefined if there is no such blob. @throws BrokerError `storage_unreachable`, also midway */
  read(name: string): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** One that is gone is no error. @throws BrokerError `storage_unreachable` */
  delete(name: string): Promise<void>;
  /** Every blob. @throws BrokerError `storage_unreachable` */
  list(): AsyncIterable<{ readonly name: string; readonly writtenAt: Date }>;
}

const callMs = 10_000;
// 35 MB over a slow line; the caller's own patience is shorter where it matters.
const transferMs = 120_000;
/** Of a block; two are in memory at a time. */
const blockBytes = 1024 * 1024;

/**
 * Blobs of a container in the storage of the host. The container is made with its first blob.
 * @param environment see {@link hostStorage}
 */
export function createBlobs(
  container: string,
  environment: Readonly<Record<string, string | undefined>>,
  identity: TokenCredential,
): Blobs {
  const open = async (): Promise<ContainerClient> => {
    const { ContainerClient } = await import('@azure/storage-blob');
    const storage = hostStorage(environment, 'blob');
    if (storage === undefined) {
      throw new BrokerError('storage_unreachable', {
        detail: 'No setting names the storage account for outgoing mail.',
      });
    }
    const options = { retryOptions: { maxTries: 3 } };
    return 'url' in storage
      ? new ContainerClient(`${storage.url}/${container}`, identity, options)
      : new ContainerClient(storage.connectionString, container, options);
  };

  return {
    async write(name, content) {
      const client = await open();
      await reaching(() => client.createIfNotExists({ abortSignal: AbortSignal.timeout(callMs) }));
      // What the content itself throws is not the storage's fault, and comes out as it is.
      let fault: { readonly error: unknown } | undefined;
      async function* watched(): AsyncGenerator<Uint8Array> {
        try {
          yield* content;
        } catch (error) {
          fault = { error };
          throw error;
        }
      }
      const stream = Readable.from(watched(), { objectMode: false });
      try {
        await reaching(() =>
          client
            .getBlockBlobClient(name)
            .uploadStream(stream, blockBytes, 1, { abortSignal: AbortSignal.timeout(transferMs) }),
        );
      } catch (error) {
        throw fault === undefined ? error : fault.error;
      } finally {
        stream.destroy();
      }
    },

    async read(name) {
      const client = await open();
      const answer = await reaching(
        () => client.getBlobClient(name).download(0, undefined, { abortSignal: AbortSignal.timeout(transferMs) }),
        404,
      );
      const body = answer?.readableStreamBody;
      return body === undefined ? undefined : reachable(Readable.from(body, { objectMode: false }));
    },

    async delete(name) {
      const client = await open();
      await reaching(() => client.getBlobClient(name).delete({ abortSignal: AbortSignal.timeout(callMs) }), 404);
    },

    async *list() {
      const client = await open();
      const pages = client.listBlobsFlat().byPage({ maxPageSize: 1000 });
      for (;;) {
        const page = await reaching(() => pages.next(), 404);
        if (page === undefined || page.done === true) return;
        for (const { name, properties } of page.value.segment.blobItems) {
          yield { name, writtenAt: properties.lastModified };
        }
      }
    },
  };
}

const withStatus = z.object({ statusCode: z.number() });

/** @returns undefined if the service answers with the status `absent` */
async function reaching<T>(request: () => Promise<T>, absent?: number): Promise<T | undefined> {
  try {
    return await request();
  } catch (cause) {
    const status = withStatus.safeParse(cause).data?.statusCode;
    if (status !== undefined && status === absent) return undefined;
    const isRefused = status === 401 || status === 403;
    const detail = isRefused
      ? "Azure Storage denies the app's identity access to the blobs."
      : 'The storage account for outgoing mail is not responding.';
    throw new BrokerError('storage_unreachable', { cause, detail, retry: { afterMs: 60_000 } });
  }
}

async function* reachable(stream: Readable): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of stream) yield chunk;
  } catch (cause) {
    throw new BrokerError('storage_unreachable', {
      cause,
      detail: 'The storage account for outgoing mail dropped the connection.',
    });
  } finally {
    stream.destroy();
  }
}

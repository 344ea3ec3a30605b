import { randomBase62 } from '../../domain/bytes.ts';
import type { Random } from '../../domain/clock.ts';
import { BrokerError } from '../../errors.ts';
import type { FileStore } from '../../http/multipart.ts';
import type { Blobs } from '../../store/table/blobs.ts';
import { newSegmentKey, openSegments, sealSegments } from '../../vault/segments.ts';

/** A file up to this length waits in memory: it is there already, and a blob would cost three calls. */
const inMemoryBytes = 256 * 1024;

/**
 * Files of a request until their message is composed: sealed blobs, whose keys this process alone has. One that is left
 * behind, because the process died, cannot be opened by anyone, and is swept with the other orphans.
 */
export function createUploadStore({ blobs, random }: { readonly blobs: Blobs; readonly random: Random }): FileStore {
  return {
    async put(content) {
      const source = content[Symbol.asyncIterator]();
      const head: Uint8Array[] = [];
      let length = 0;
      while (length <= inMemoryBytes) {
        const next = await source.next();
        if (next.done === true) return inMemory(head);
        head.push(next.value);
        length += next.value.byteLength;
      }
      async function* whole(): AsyncGenerator<Uint8Array> {
        yield* head.splice(0);
        for (;;) {
          const next = await source.next();
          if (next.done === true) return;
          yield next.value;
        }
      }
      const name = `upload_${randomBase62(24, random)}`;
      const key = newSegmentKey(random);
      await blobs.write(name, sealSegments(key, name, whole()));
      return {
        async *open() {
          const sealed = await blobs.read(name);
          if (sealed === undefined) throw new BrokerError('submission_content_gone');
          yield* openSegments(key, name, sealed);
        },
        drop: () => blobs.delete(name).catch(() => {}),
      };
    },
  };
}

const inMemory = (bytes: readonly Uint8Array[]) => ({
  async *open() {
    yield* bytes;
  },
  drop: async () => {},
});
